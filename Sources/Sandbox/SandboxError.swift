/// What went wrong with a sandbox, or with the server that runs it.
public struct SandboxError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kind of failure.
    ///
    /// More kinds may be added.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The name of the kind, as a program would print it.
        public let description: String

        /// A system call failed.
        public static let system = Code(description: "system")
        /// The requested isolation is not available on this machine.
        public static let isolationUnavailable = Code(description: "isolation unavailable")
        /// A program could not be started.
        public static let launchFailed = Code(description: "launch failed")
        /// There is no such sandbox, session, command or file.
        public static let notFound = Code(description: "not found")
        /// The key is wrong or does not allow this; from the toolbox, also an unknown sandbox.
        public static let unauthorized = Code(description: "unauthorized")
        /// The thing exists already, or is changing its state.
        public static let conflict = Code(description: "conflict")
        /// Too many requests.
        public static let rateLimited = Code(description: "rate limited")
        /// It took too long.
        public static let timedOut = Code(description: "timed out")
        /// The server could not be reached, or a proxy answered in its place.
        public static let unavailable = Code(description: "unavailable")
        /// The server's answer makes no sense.
        public static let protocolViolation = Code(description: "protocol violation")
        /// A command ended with another exit code than 0.
        public static let commandFailed = Code(description: "command failed")
        /// The server refused or failed for another reason.
        public static let failed = Code(description: "failed")
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

    /// The text.
    public var description: String { message }
}
