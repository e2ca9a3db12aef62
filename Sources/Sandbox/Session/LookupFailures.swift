/// Whether the failures of looking a command up mean that it is lost.
///
/// Look-ups fail for a moment in practice: a proxy answers for a toolbox that is busy, or has no record of a key yet.
struct LookupFailures: Sendable {
    private var finalInARow = 0
    private var otherInARow = 0

    /// Of those that could pass.
    private static let maxInARow = 20

    /// The command was found.
    mutating func succeed() { self = LookupFailures() }

    /// - Returns: what to end with; nil to try again.
    mutating func fail(_ error: SandboxError) -> SandboxError? {
        switch error.code {
        case .notFound, .unauthorized, .forbidden, .conflict, .invalidRequest:
            finalInARow += 1
            if finalInARow < 2 { return nil }
            let what =
                error.code == .notFound ? "the session of the command was deleted" : "the command is out of reach"
            return error.saying("\(what): \(error.message)")
        default:
            otherInARow += 1
            return otherInARow < Self.maxInARow ? nil : error.saying("the command is out of reach: \(error.message)")
        }
    }
}
