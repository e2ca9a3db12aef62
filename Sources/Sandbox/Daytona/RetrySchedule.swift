import BenchmarkTransport

/// Decides whether and when a request that has failed is sent again.
///
/// Any request may be sent again if no connection could be made, as none of it was sent. An idempotent one (RFC 9110
/// §9.2.2) is also sent again if the connection was lost, a proxy answered for a server that is not there, or the
/// server asked for a pause. Any other failure is reported to the caller at once.
struct RetrySchedule: Sendable {
    /// An error that must not lead to another attempt, whatever it is: part of the answer has been used.
    struct Final: Error {
        let reason: any Error
    }

    /// The longest pause accepted if the caller has set no limit.
    static let longestPause = Duration.seconds(60)

    private let isRepeatable: Bool
    private let maxAttempts: Int
    private var backOff: BackOff
    /// When the caller's time limit ends.
    let deadline: LoopInstant?
    /// The number of the current attempt, from 1.
    private(set) var attempt = 1

    /// - Parameters:
    ///   - method: the method of the request.
    ///   - maxAttempts: the maximum number of times it is sent.
    ///   - firstPause: the pause before the second attempt; it doubles from then on.
    ///   - deadline: when everything must be over; `nil` for no limit.
    init(_ method: HTTPMethod, maxAttempts: Int, firstPause: Duration, deadline: LoopInstant?) {
        isRepeatable = method.isIdempotent
        (self.maxAttempts, self.deadline) = (maxAttempts, deadline)
        backOff = BackOff(first: firstPause, longest: Self.longestPause)
    }

    /// Returns the pause before the next attempt, or `nil` if there should be none or it would come too late.
    ///
    /// - Parameter jitter: from 0 to 1, so that clients that failed together do not retry together.
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
