/// Checks of callers' input, made before anything is sent.
///
/// A server would refuse bad input with a less helpful message, or misunderstand it.
enum SandboxInput {
    /// The limit of Linux, without the zero byte at the end.
    static let maxPathBytes = 4095
    /// The limit of common file systems.
    static let maxNameBytes = 255
    /// Much more than a person would write; anything longer belongs in a file.
    static let maxCommandBytes = 4 << 20

    /// Checks the path of a file.
    static func checkPath(_ path: String, _ what: String = "path") throws(SandboxError) {
        if path.isEmpty { throw SandboxError(.invalidRequest, "the \(what) is empty") }
        try checkNoZero(path, what)
        if path.utf8.count > maxPathBytes {
            throw SandboxError(
                .invalidRequest,
                "the \(what) is \(path.utf8.count) bytes long, more than \(maxPathBytes)"
            )
        }
        let longest = path.utf8.split(separator: UInt8(ascii: "/")).map(\.count).max() ?? 0
        if longest > maxNameBytes {
            throw SandboxError(
                .invalidRequest,
                "the \(what) has a name of \(longest) bytes in it, more than \(maxNameBytes)"
            )
        }
    }

    /// Checks the text of a command.
    static func checkCommand(_ command: String) throws(SandboxError) {
        guard command.utf8.contains(where: { $0 > 0x20 }) else {
            throw SandboxError(.invalidRequest, "the command is empty")
        }
        try checkNoZero(command, "command")
        if command.utf8.count > maxCommandBytes {
            throw SandboxError(
                .invalidRequest,
                "the command is \(command.utf8.count) bytes long, more than \(maxCommandBytes); upload it as a file"
            )
        }
    }

    /// Checks environment variables; their names must be valid in a shell.
    static func checkEnvironment(_ variables: [(name: String, value: String)]) throws(SandboxError) {
        for (name, value) in variables {
            let isName = name.utf8.enumerated().allSatisfy { index, byte in
                switch byte {
                case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"):
                    true
                case UInt8(ascii: "0")...UInt8(ascii: "9"): index > 0
                default: false
                }
            }
            if name.isEmpty || !isName {
                throw SandboxError(.invalidRequest, "'\(name)' is not a valid name of an environment variable")
            }
            try checkNoZero(value, "value of \(name)")
        }
    }

    /// Checks the id or name of a sandbox, which becomes a component of a URL's path.
    static func checkID(_ idOrName: String) throws(SandboxError) {
        if idOrName.isEmpty || idOrName == "." || idOrName == ".." {
            throw SandboxError(.invalidRequest, "'\(idOrName)' is not a valid sandbox id or name")
        }
        try checkNoZero(idOrName, "id of a sandbox")
        if idOrName.utf8.count > maxNameBytes {
            throw SandboxError(.invalidRequest, "the id of a sandbox is longer than \(maxNameBytes) bytes")
        }
    }

    /// Checks that a text is not empty and contains no zero byte.
    static func checkText(_ text: String, _ what: String) throws(SandboxError) {
        if text.isEmpty { throw SandboxError(.invalidRequest, "the \(what) is empty") }
        try checkNoZero(text, what)
    }

    static func checkNoZero(_ text: String, _ what: String) throws(SandboxError) {
        if text.utf8.contains(0) { throw SandboxError(.invalidRequest, "the \(what) has a zero byte in it") }
    }
}
