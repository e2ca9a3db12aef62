/// Something that goes wrong on purpose in a ``LocalDaytona``, as it was seen to go wrong in the field.
public struct Fault: Sendable, Hashable {
    /// What goes wrong.
    public var kind: Kind
    /// How much of it: bytes, milliseconds or a status, as the kind says, and ignored by kinds that know no measure.
    public var value: Int
    /// With which code ``Kind/closeAfter`` closes; 0 cuts the connection without a Close frame.
    public var code = 1000
    /// Behind how many bytes ``Kind/stall`` pauses.
    public var after = 0
    /// How the path of a request must begin, behind `/api/` or `/toolbox/{sandboxId}/`; empty for any.
    public var route = ""
    /// The method that a request must have; nil for any.
    public var method: String?
    /// How often it strikes at most; nil for always.
    public var times: Int?
    /// How likely it strikes where it could, from 0 to 1.
    public var probability = 1.0

    /// What goes wrong.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// A follower's stream ends after `value` bytes, whatever is still to come, with ``Fault/code``.
        case closeAfter = "close-after"
        /// A follower's stream closes with 1000 behind the command's end, but without its last message.
        case dropFinal = "drop-final"
        /// A follower's stream stays open behind the command's end.
        case neverClose = "never-close"
        /// A follower's stream pauses for `value` milliseconds, once, behind its first message, or ``Fault/after`` bytes.
        case stall
        /// Every message of a follower comes `value` milliseconds late.
        case delay
        /// A follower's messages have at most `value` bytes: with 1, markers and characters are cut everywhere.
        case split
        /// A follower's messages end directly behind a marker.
        case splitAtMarker = "split-at-marker"
        /// A follower's messages are text, whatever bytes are in them.
        case textMessages = "text-messages"
        /// A follower's Pings are not answered.
        case noPong = "no-pong"
        /// The handshake of a follower is answered with the status `value` and nothing else.
        case refuseUpgrade = "refuse-upgrade"
        /// A request is answered with the status `value`, without having been looked at; 429 asks for a second's pause.
        case status
        /// The connection is closed instead of an answer, and the request has not been carried out.
        case reset
        /// The connection is closed instead of an answer, but the request has been carried out.
        case resetAfter = "reset-after"
        /// An answer comes `value` milliseconds late.
        case delayAnswer = "delay-answer"
        /// An error is answered without a body.
        case emptyErrors = "empty-errors"
        /// A command's exit code is not told before `value` milliseconds after its end.
        case lateExitCode = "late-exit-code"
        /// A session accepts a command and never runs it.
        case lostCommand = "lost-command"

        /// The least and the most that the measure may be; nil for a kind without one.
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

    /// A fault that strikes every time.
    public init(_ kind: Kind, _ value: Int = 0) { (self.kind, self.value) = (kind, value) }

    /// Whether it can strike a request.
    func isAbout(_ method: String, _ route: String) -> Bool {
        (self.method ?? method) == method && route.utf8.starts(with: self.route.utf8)
    }
}
