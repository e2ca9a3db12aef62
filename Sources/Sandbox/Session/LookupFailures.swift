import BenchmarkTransport

/// Decides whether failures to look up a command mean that it is lost.
///
/// In practice, look-ups fail for a while: a proxy answers for a busy toolbox, or takes a valid key for a wrong one and
/// remembers that for 5 seconds. So a failure is believed only if it is repeated, and for some time: with frequent
/// look-ups, a single false answer is repeated many times.
struct LookupFailures: Sendable {
    private var code: SandboxError.Code?
    private var inARow = 0
    private var since = LoopInstant(0)

    /// Records that the command was found.
    mutating func succeed() { self = LookupFailures() }

    /// - Returns: the error to end with; `nil` to try again.
    mutating func fail(_ error: SandboxError, at now: LoopInstant) -> SandboxError? {
        if error.code != code { (code, inARow, since) = (error.code, 0, now) }
        inARow += 1
        let patience = Self.patience(with: error.code)
        guard inARow >= patience.count, now - since >= patience.time.nanoseconds else { return nil }
        let what = error.code == .notFound ? "the session of the command was deleted" : "the command is out of reach"
        return error.saying("\(what): \(error.message)")
    }

    /// Returns how often in a row, and for how long, the same failure must be seen to be final.
    private static func patience(with code: SandboxError.Code) -> (count: Int, time: Duration) {
        switch code {
        case .notFound: (2, .zero)
        case .unauthorized, .forbidden, .conflict, .invalidRequest: (5, .seconds(15))
        default: (20, .seconds(60))
        }
    }
}
