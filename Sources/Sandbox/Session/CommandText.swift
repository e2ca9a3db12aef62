/// The text that makes a session's shell run a command in a shell of its own, which first reports that it has started.
///
/// A session's shell reads this text as its own input, so an `exit` or a `set -e` in it would end that shell, and
/// nothing would ever report how the command ended. The command's own shell is bash if there is one, otherwise sh; its
/// standard input is empty.
struct CommandText: Sendable {
    /// The text for the session.
    let text: String
    /// The token that the first line of the command's output starts with; see ``StartMark``.
    let token: String

    /// The longest command that is passed as an argument; a longer one is passed as a here-document.
    ///
    /// An argument of a program may have at most 128 KiB (Linux, `MAX_ARG_STRLEN`).
    static let maxArgumentBytes = 120_000

    /// - Parameters:
    ///   - command: shell text.
    ///   - token: letters, digits, and hyphens in a combination that occurs nowhere else.
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

    /// Returns a text quoted as one word of a shell.
    static func quoted(_ text: String) -> String {
        let pieces = text.utf8.split(separator: UInt8(ascii: "'"), omittingEmptySubsequences: false)
        return "'" + pieces.map { String(Substring($0)) }.joined(separator: #"'\''"#) + "'"
    }
}
