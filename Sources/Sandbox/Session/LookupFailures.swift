import BenchmarkTransport

/// Whether the failures of looking a command up mean that it is lost.
///
/// Look-ups fail for a while in practice: a proxy answers for a toolbox that is busy, or takes a good key for a wrong one
/// and remembers that for 5 seconds. So a failure has to come again and again, and for some time, to be believed: looked
/// up often enough, one false answer comes many times.
struct LookupFailures: Sendable {
    private var code: SandboxError.Code?
    private var inARow = 0
    private var since = LoopInstant(0)

    /// The command was found.
    mutating func succeed() { self = LookupFailures() }

    /// - Returns: what to end with; nil to try again.
    mutating func fail(_ error: SandboxError, at now: LoopInstant) -> SandboxError? {
        if error.code != code { (code, inARow, since) = (error.code, 0, now) }
        inARow += 1
        let patience = Self.patience(with: error.code)
        guard inARow >= patience.count, now - since >= patience.time.nanoseconds else { return nil }
        let what = error.code == .notFound ? "the session of the command was deleted" : "the command is out of reach"
        return error.saying("\(what): \(error.message)")
    }

    /// How often the same failure has to come in a row, and for how long, to be the end.
    private static func patience(with code: SandboxError.Code) -> (count: Int, time: Duration) {
        switch code {
        case .notFound: (2, .zero)
        case .unauthorized, .forbidden, .conflict, .invalidRequest: (5, .seconds(15))
        default: (20, .seconds(60))
        }
    }
}
