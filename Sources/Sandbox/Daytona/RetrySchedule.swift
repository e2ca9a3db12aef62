import BenchmarkTransport

/// Whether and when a request that has failed is sent again.
///
/// Any request may be sent again when no connection could be made, as nothing of it had left. One that may be repeated
/// without harm (RFC 9110 §9.2.2) is also sent again when the connection was lost, a proxy answered for a server that is
/// not there, or the server asked for a pause. Everything else is told to the caller at once.
struct RetrySchedule: Sendable {
    /// An error that must not lead to a repetition, whatever it is: part of the answer has been used.
    struct Final: Error {
        let reason: any Error
    }

    /// The longest pause that is waited for where the caller has set no limit.
    static let longestPause = Duration.seconds(60)

    private let isRepeatable: Bool
    private let maxAttempts: Int
    private var backOff: BackOff
    /// When the caller's patience ends.
    let deadline: LoopInstant?
    /// Which attempt is under way, from 1.
    private(set) var attempt = 1

    /// - Parameters:
    ///   - method: of the request.
    ///   - maxAttempts: how often it is sent at most.
    ///   - firstPause: before the second attempt; it doubles from then on.
    ///   - deadline: when everything has to be over.
    init(_ method: HTTPMethod, maxAttempts: Int, firstPause: Duration, deadline: LoopInstant?) {
        isRepeatable = method.isIdempotent
        (self.maxAttempts, self.deadline) = (maxAttempts, deadline)
        backOff = BackOff(first: firstPause, longest: Self.longestPause)
    }

    /// The pause before the next attempt; nil if there is none, because it could do harm or would come too late.
    ///
    /// - Parameter jitter: from 0 to 1, so that clients that failed together do not come back together.
    mutating func pause(after error: any Error, now: LoopInstant, jitter: Double) -> Duration? {
        guard attempt < maxAttempts, mayRepeat(after: error) else { return nil }
        let asked = (error as? SandboxError)?.retryAfter ?? .zero
        var advanced = backOff
        let pause = advanced.pause(atLeast: asked, jitter: jitter)
        if let deadline {
            if pause.nanoseconds >= deadline - now { return nil }
        } else if asked > Self.longestPause {
            return nil
        }
        attempt += 1
        backOff = advanced
        return pause
    }

    private func mayRepeat(after error: any Error) -> Bool {
        switch error {
        case let error as HTTPClientError:
            error.code == .cannotConnect || isRepeatable && error.code == .connectionLost
        case let error as SandboxError: isRepeatable && (error.code == .unavailable || error.code == .rateLimited)
        default: false
        }
    }
}
