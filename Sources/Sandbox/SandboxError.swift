/// A failure of a sandbox, or of the server that runs it.
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
        /// There is no such sandbox, session, command, or file.
        public static let notFound = Code(description: "not found")
        /// The key is missing or wrong; the toolbox also answers this for an unknown sandbox.
        public static let unauthorized = Code(description: "unauthorized")
        /// The key is valid but does not allow this: permissions, a quota, a suspended organization.
        public static let forbidden = Code(description: "forbidden")
        /// The target already exists, is gone, or is in a state that does not allow this.
        public static let conflict = Code(description: "conflict")
        /// Too many requests; ``SandboxError/retryAfter`` says when to try again.
        public static let rateLimited = Code(description: "rate limited")
        /// It took too long.
        public static let timedOut = Code(description: "timed out")
        /// The server could not be reached, or a proxy answered in its place.
        public static let unavailable = Code(description: "unavailable")
        /// The request makes no sense, either to this client, which then has sent nothing, or to the server.
        public static let invalidRequest = Code(description: "invalid request")
        /// The server's answer makes no sense.
        public static let protocolViolation = Code(description: "protocol violation")
        /// A file or an answer is longer than the caller accepts.
        public static let tooLarge = Code(description: "too large")
        /// A command ended with a nonzero exit code.
        public static let commandFailed = Code(description: "command failed")
        /// The server failed for another reason.
        public static let failed = Code(description: "failed")
        /// A setting cannot be used.
        public static let invalidConfiguration = Code(description: "invalid configuration")

        /// Whether such a failure may pass by itself, so that a step that is safe to repeat is worth repeating.
        var mayPass: Bool { [.unavailable, .failed, .rateLimited, .timedOut].contains(self) }
        /// Whether the key was refused, which is believed only if it lasts; see ``CommandTimes/refusalPatience``.
        var isRefusal: Bool { self == .unauthorized || self == .forbidden }
    }

    /// The kind of failure.
    public let code: Code
    /// A description of the failure for people; never contains a key.
    public let message: String
    /// The HTTP status of the answer that reported it; `nil` without an answer.
    public let status: Int?
    /// The server's own name for the failure, such as `FILE_NOT_FOUND`, if it gives one.
    public let serverCode: String?
    /// How long the server asks the client to wait; `nil` if it does not say.
    public let retryAfter: Duration?
    /// The exit code of the command for ``Code/commandFailed``; otherwise `nil`.
    public let exitCode: Int?

    /// Creates an error; its message is in lower case and names what it is about.
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

    /// Returns the error for a command that ended with a nonzero exit code.
    public static func commandFailed(exitCode: Int) -> SandboxError {
        SandboxError(.commandFailed, "Command failed with exit code \(exitCode)", exitCode: exitCode)
    }

    /// The message.
    public var description: String { message }

    /// Returns the same error with another message.
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
