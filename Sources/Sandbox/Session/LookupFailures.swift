import BenchmarkTransport

/// Decides whether failures to look up a command mean that it is lost.
///
/// In practice, look-ups fail for a while: a proxy answers for a busy toolbox, or takes a valid key for a wrong one and
/// remembers that for 5 seconds. So a failure is believed only if it is repeated, and for some time: with frequent
/// look-ups, a single false answer is repeated many times.
struct LookupFailures: Sendable {
    /// Failures that mean the same.
    private enum Kind {
        case missing, refused, other

        init(_ code: SandboxError.Code) {
            switch code {
            case .notFound: self = .missing
            case .unauthorized, .forbidden, .conflict, .invalidRequest: self = .refused
            default: self = .other
            }
        }
    }

    /// Failures in a row.
    private struct Row {
        private var count = 0
        private var since = LoopInstant(0)

        mutating func add(at now: LoopInstant) {
            if count == 0 { since = now }
            count += 1
        }

        /// Returns whether they are so many, and have gone on for so long, that they are final.
        func isFinal(_ kind: Kind, at now: LoopInstant) -> Bool {
            let (count, time): (Int, Duration) =
                switch kind {
                case .missing: (2, .zero)
                case .refused: (5, .seconds(15))
                case .other: (20, .seconds(60))
                }
            return self.count >= count && now - since >= time.nanoseconds
        }
    }

    private var kind: Kind?
    private var ofThatKind = Row()
    /// Those of all kinds: failures that take turns are final, too.
    private var all = Row()

    /// Records that the command was found.
    mutating func succeed() { self = LookupFailures() }

    /// - Returns: the error to end with; `nil` to try again.
    mutating func fail(_ error: SandboxError, at now: LoopInstant) -> SandboxError? {
        let kind = Kind(error.code)
        if kind != self.kind { (self.kind, ofThatKind) = (kind, Row()) }
        ofThatKind.add(at: now)
        all.add(at: now)
        if ofThatKind.isFinal(kind, at: now) {
            let what = kind == .missing ? "the session of the command was deleted" : "the command is out of reach"
            return error.saying("\(what): \(error.message)")
        }
        return all.isFinal(.other, at: now) ? error.saying("the command is out of reach: \(error.message)") : nil
    }
}
