/// Whether the failures of looking a command up mean that it is lost.
///
/// Look-ups fail for a moment in practice: a proxy answers for a toolbox that is busy, or holds a key for wrong until it
/// asks again.
struct LookupFailures: Sendable {
    private var code: SandboxError.Code?
    private var inARow = 0

    /// The command was found.
    mutating func succeed() { self = LookupFailures() }

    /// - Returns: what to end with; nil to try again.
    mutating func fail(_ error: SandboxError) -> SandboxError? {
        inARow = error.code == code ? inARow + 1 : 1
        code = error.code
        guard inARow >= Self.patience(with: error.code) else { return nil }
        let what = error.code == .notFound ? "the session of the command was deleted" : "the command is out of reach"
        return error.saying("\(what): \(error.message)")
    }

    /// How often the same failure has to come in a row to be the end.
    private static func patience(with code: SandboxError.Code) -> Int {
        switch code {
        case .notFound: 2
        case .unauthorized, .forbidden, .conflict, .invalidRequest: 5
        default: 20
        }
    }
}
