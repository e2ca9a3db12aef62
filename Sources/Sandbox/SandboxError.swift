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
        /// The key is missing or wrong; from the toolbox, also an unknown sandbox.
        public static let unauthorized = Code(description: "unauthorized")
        /// The key is good but does not allow this: permissions, a quota, a suspended organization.
        public static let forbidden = Code(description: "forbidden")
        /// The thing exists already, is over, or is in a state that does not allow this.
        public static let conflict = Code(description: "conflict")
        /// Too many requests; ``SandboxError/retryAfter`` says when to come back.
        public static let rateLimited = Code(description: "rate limited")
        /// It took too long.
        public static let timedOut = Code(description: "timed out")
        /// The server could not be reached, or a proxy answered in its place.
        public static let unavailable = Code(description: "unavailable")
        /// What was asked for makes no sense, to this client, which then has sent nothing, or to the server.
        public static let invalidRequest = Code(description: "invalid request")
        /// The server's answer makes no sense.
        public static let protocolViolation = Code(description: "protocol violation")
        /// A file or an answer is longer than the caller will hold.
        public static let tooLarge = Code(description: "too large")
        /// A command ended with another exit code than 0.
        public static let commandFailed = Code(description: "command failed")
        /// The server failed for another reason.
        public static let failed = Code(description: "failed")
        /// A setting cannot be used.
        public static let invalidConfiguration = Code(description: "invalid configuration")

        /// Whether such a failure may pass by itself, so that what can be repeated without harm is worth repeating.
        var mayPass: Bool { [.unavailable, .failed, .rateLimited, .timedOut].contains(self) }
    }

    /// The kind of failure.
    public let code: Code
    /// What happened to what, for people; never holds a key.
    public let message: String
    /// The status of the answer that says so; nil without an answer.
    public let status: Int?
    /// The server's own name of the failure, such as `FILE_NOT_FOUND`, where it gives one.
    public let serverCode: String?
    /// How long the server asks to be left alone; nil where it does not say.
    public let retryAfter: Duration?
    /// The exit code of the command, with code ``Code/commandFailed``; else nil.
    public let exitCode: Int?

    /// An error of a kind with a text in lower case that names what it is about.
    public init(
        _ code: Code,
        _ message: String,
        status: Int? = nil,
        serverCode: String? = nil,
        retryAfter: Duration? = nil,
        exitCode: Int? = nil
    ) {
        (self.code, self.message) = (code, message)
        (self.status, self.serverCode, self.retryAfter) = (status, serverCode, retryAfter)
        self.exitCode = exitCode
    }

    /// A command that ended with another exit code than 0.
    public static func commandFailed(exitCode: Int) -> SandboxError {
        SandboxError(.commandFailed, "Command failed with exit code \(exitCode)", exitCode: exitCode)
    }

    /// The text.
    public var description: String { message }

    /// The same error with another text.
    func saying(_ message: String) -> SandboxError {
        SandboxError(
            code,
            message,
            status: status,
            serverCode: serverCode,
            retryAfter: retryAfter,
            exitCode: exitCode
        )
    }
}
