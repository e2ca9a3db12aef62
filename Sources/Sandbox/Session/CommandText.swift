/// What a session's shell is given to run a command: a shell of the command's own, which says that it has begun.
///
/// A session's shell reads what it is given as its own lines, so that an `exit` or a `set -e` in them would end it, and
/// nothing would ever say how the command ended. The shell of its own is bash where there is one, else sh; its standard
/// input is empty.
struct CommandText: Sendable {
    /// The text for the session.
    let text: String
    /// What the first line of the command's output begins with; see ``StartMark``.
    let token: String

    /// An argument of a program may not be longer than 128 KiB (Linux, `MAX_ARG_STRLEN`); what is, comes as a document.
    static let maxArgumentBytes = 120_000

    /// - Parameters:
    ///   - command: shell text.
    ///   - token: letters, digits and hyphens that occur nowhere else.
    init(_ command: String, token: String) {
        self.token = token
        let sayStart = #"printf "%s %s\n" "$0" "$$""#
        let hasBash = "command -v bash >/dev/null 2>&1"
        if command.utf8.count <= Self.maxArgumentBytes {
            let script = #"\#(sayStart); \#(hasBash) && exec bash -c "$1"; exec sh -c "$1""#
            text = "sh -c '\(script)' \(token) \(Self.quoted(command)) </dev/null"
        } else {
            let script = "\(sayStart); \(hasBash) && exec bash /dev/fd/9; exec sh /dev/fd/9"
            text = "sh -c '\(script)' \(token) </dev/null 9<<'end-\(token)'\n\(command)\nend-\(token)"
        }
    }

    /// A text as one word of a shell's.
    static func quoted(_ text: String) -> String {
        let pieces = text.utf8.split(separator: UInt8(ascii: "'"), omittingEmptySubsequences: false)
        return "'" + pieces.map { String(Substring($0)) }.joined(separator: #"'\''"#) + "'"
    }
}
