import BenchmarkTransport

/// Deletes the session of a command, which kills the command.
struct SessionDeletion: Sendable {
    let url: HTTPURL
    let client: DaytonaClient
    let refusalPatience: Duration
    let loop: EventLoop

    // A daemon takes up to 5 seconds to end processes that resist.
    private static let longestAttempt = Duration.seconds(15)

    /// Tries until the session is gone or time runs out; cancellation does not interrupt it.
    ///
    /// Errors are not reported, as no caller could use them.
    /// - Returns: whether the session is certainly gone, and with it every command that it might still start.
    func run() async -> Bool {
        await uncancelled {
            var schedule = Schedule(
                firstPause: client.configuration.retryPause,
                refusalPatience: refusalPatience,
                now: EventLoop.monotonicNow()
            )
            while true {
                let left = Duration.nanoseconds(max(1, schedule.deadline - EventLoop.monotonicNow()))
                do {
                    _ = try await client.call(.delete, url, timeout: min(left, Self.longestAttempt))
                    return true
                } catch let error as SandboxError {
                    if error.code == .notFound { return true }
                    guard let pause = schedule.pause(after: error, now: EventLoop.monotonicNow()) else { return false }
                    try? await loop.sleep(for: pause)
                } catch { return false }
            }
        }
    }

    /// How long a deletion is tried.
    struct Schedule: Sendable {
        private var backOff: BackOff
        /// When the attempts end.
        private(set) var deadline: LoopInstant
        /// When the attempts end at the latest, however long the server asks the client to wait.
        private let latest: LoopInstant
        private let refusalPatience: Duration
        private var refusedSince: LoopInstant?

        private static let patience = Duration.seconds(30)
        // Rate limits are per minute: this is two minutes plus the patience.
        private static let longestPatience = Duration.seconds(150)

        init(firstPause: Duration, refusalPatience: Duration, now: LoopInstant) {
            self.refusalPatience = refusalPatience
            backOff = BackOff(first: firstPause, longest: .seconds(5))
            deadline = now &+ Self.patience.nanoseconds
            latest = now &+ Self.longestPatience.nanoseconds
        }

        /// Returns the pause before the next attempt, or `nil` to give up.
        ///
        /// A pause that the server asks for does not count against the patience.
        mutating func pause(
            after error: SandboxError,
            now: LoopInstant,
            jitter: Double = .random(in: 0...1)
        ) -> Duration? {
            switch error.code {
            case let code where code.isRefusal:
                let since = refusedSince ?? now
                refusedSince = since
                if now - since >= refusalPatience.nanoseconds { return nil }
            case let code where code.mayPass: refusedSince = nil
            default: return nil
            }
            let asked = min(error.retryAfter ?? .zero, RetrySchedule.longestPause)
            let pause = backOff.pause(atLeast: asked, jitter: jitter)
            deadline = min(latest, deadline &+ asked.nanoseconds)
            return now &+ pause.nanoseconds < deadline ? pause : nil
        }
    }
}
