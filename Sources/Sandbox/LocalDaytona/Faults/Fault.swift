/// A failure that a ``LocalDaytona`` causes on purpose, modeled on one seen in the field.
public struct Fault: Sendable, Hashable {
    /// The kind of failure.
    public var kind: Kind
    /// The measure: bytes, milliseconds or a status, depending on the kind; ignored by kinds without one.
    public var value: Int
    /// The code with which ``Kind/closeAfter`` closes; 0 cuts the connection without a Close frame.
    public var code = 1000
    /// The number of bytes after which ``Kind/stall`` pauses.
    public var after = 0
    /// The prefix that a request's path must have after `/api/` or `/toolbox/{sandboxId}/`; empty for any.
    public var route = ""
    /// The method that a request must have; `nil` for any.
    public var method: String?
    /// The maximum number of times the fault strikes; `nil` means no limit.
    public var times: Int?
    /// The probability, from 0 to 1, that the fault strikes when it can.
    public var probability = 1.0

    /// The kinds of failures.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// A follower's stream ends with ``Fault/code`` after `value` bytes, even if more would follow.
        case closeAfter = "close-after"
        /// A follower's stream closes with 1000 after the command's end, but without its last message.
        case dropFinal = "drop-final"
        /// A follower's stream stays open after the command's end.
        case neverClose = "never-close"
        /// A follower's stream pauses once for `value` milliseconds, after its first message or ``Fault/after`` bytes.
        case stall
        /// Every message of a follower is sent `value` milliseconds late.
        case delay
        /// A follower's messages have at most `value` bytes: with 1, all markers and multi-byte characters are split.
        case split
        /// A follower's messages end directly after a marker.
        case splitAtMarker = "split-at-marker"
        /// A follower's messages are text messages, whatever bytes they contain.
        case textMessages = "text-messages"
        /// A follower's Pings are not answered.
        case noPong = "no-pong"
        /// The handshake of a follower is answered with the status `value` and nothing else.
        case refuseUpgrade = "refuse-upgrade"
        /// A request is answered with the status `value` without being processed; 429 asks for a pause of one second.
        case status
        /// The connection is closed instead of a response, and the request is not carried out.
        case reset
        /// The connection is closed instead of a response, but the request is carried out.
        case resetAfter = "reset-after"
        /// A response is sent `value` milliseconds late.
        case delayAnswer = "delay-answer"
        /// An error response has no body.
        case emptyErrors = "empty-errors"
        /// A command's exit code is not reported until `value` milliseconds after its end.
        case lateExitCode = "late-exit-code"
        /// A session accepts an asynchronous command and never runs it.
        case lostCommand = "lost-command"

        /// The range of the measure; `nil` for a kind without one.
        var values: ClosedRange<Int>? {
            switch self {
            case .closeAfter, .stall, .delay, .delayAnswer, .lateExitCode: 0...Int(Int32.max)
            case .split: 1...1024
            case .refuseUpgrade, .status: 400...599
            case .dropFinal, .neverClose, .splitAtMarker, .textMessages, .noPong, .reset, .resetAfter, .emptyErrors,
                .lostCommand:
                nil
            }
        }
    }

    /// Creates a fault that strikes every time.
    public init(_ kind: Kind, _ value: Int = 0) { (self.kind, self.value) = (kind, value) }

    /// Returns whether the fault can strike a request.
    func isAbout(_ method: String, _ route: String) -> Bool {
        (self.method ?? method) == method && route.utf8.starts(with: self.route.utf8)
    }
}
