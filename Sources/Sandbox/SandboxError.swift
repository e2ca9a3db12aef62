/// What went wrong with a sandbox, or with the server that runs it.
public struct SandboxError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kind of failure. More kinds may be added.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The name of the kind, as a program would print it.
        public let description: String

        /// A system call failed.
        public static let system = Code(description: "system")
        /// The requested isolation is not available on this machine.
        public static let isolationUnavailable = Code(description: "isolation unavailable")
        /// A program could not be started.
        public static let launchFailed = Code(description: "launch failed")
        /// A setting cannot be used.
        public static let invalidConfiguration = Code(description: "invalid configuration")
    }

    /// The kind of failure.
    public let code: Code
    /// What happened to what, for people.
    public let message: String

    /// An error of a kind with a text in lower case that names what it is about.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The kind and the text.
    public var description: String { "\(code): \(message)" }
}
