import BenchmarkProtocol
import BenchmarkTransport

/// An error that is the response to a request.
struct APIError: Error, Sendable {
    /// The status code.
    let status: Int
    /// What is wrong; `nil` for a response without content.
    let message: String?
    private let givenCode: String?

    /// - Parameter code: the code in the toolbox's response; `nil` means the usual one of the status.
    init(_ status: Int, _ message: String?, code: String? = nil) {
        (self.status, self.message, givenCode) = (status, message, code)
    }

    /// Returns the response of the control plane.
    func controlPlaneReply(to path: String) -> HTTPServerResponse {
        guard let message else { return .empty(status) }
        return .json(
            status,
            [
                "path": .string(path), "timestamp": .string(Timestamp().milliseconds), "statusCode": .int(status),
                "error": .string(Self.names[status]?.title ?? "Error"), "message": .string(message),
            ]
        )
    }

    /// Returns the response of the proxy and of the daemon in a sandbox.
    ///
    /// - Parameter path: the path after the sandbox's id.
    func toolboxReply(to path: String, method: String) -> HTTPServerResponse {
        guard let message else { return .empty(status) }
        return .json(
            status,
            [
                "statusCode": .int(status), "message": .string(message),
                "code": .string(givenCode ?? Self.names[status]?.code ?? "INTERNAL_SERVER_ERROR"),
                "timestamp": .string(Timestamp().nanosecondsZulu), "path": .string(path), "method": .string(method),
            ]
        )
    }

    private static let names: [Int: (title: String, code: String)] = [
        400: ("Bad Request", "BAD_REQUEST"), 401: ("Unauthorized", "UNAUTHORIZED"), 403: ("Forbidden", "FORBIDDEN"),
        404: ("Not Found", "NOT_FOUND"), 405: ("Method Not Allowed", "METHOD_NOT_ALLOWED"),
        408: ("Request Timeout", "REQUEST_TIMEOUT"), 409: ("Conflict", "CONFLICT"), 410: ("Gone", "GONE"),
        413: ("Content Too Large", "CONTENT_TOO_LARGE"),
        500: ("Internal Server Error", "INTERNAL_SERVER_ERROR"), 503: ("Service Unavailable", "SERVICE_UNAVAILABLE"),
    ]

    /// Creates the response to an error that a route has thrown.
    init(_ error: any Error) {
        switch error {
        case let error as APIError: self = error
        case let error as HTTPBodyError: self.init(error.status, error.description)
        case let error as FileError: self.init(error.status, error.message, code: error.code)
        case let error as LocalSandbox.Failure: self.init(error)
        case let error as LocalSession.Failure: self.init(error)
        case let error as SandboxError: self.init(500, error.message)
        default: self.init(500, "internal error")
        }
    }

    private init(_ failure: LocalSandbox.Failure) {
        switch failure {
        case .changeInProgress: self.init(409, "Sandbox state change in progress")
        case .notStarted: self.init(400, "bad request: no IP address found. Is the Sandbox started?")
        case .notStopped: self.init(400, "Sandbox is not stopped")
        case .diskIsFixed: self.init(400, "the disk of this sandbox has the size that it was created with")
        case .sessionExists: self.init(409, "conflict: session already exists")
        case .cannotStart(let reason): self.init(400, "Sandbox failed to start: \(reason)")
        }
    }

    private init(_ failure: LocalSession.Failure) {
        switch failure {
        case .sessionNotFound: self.init(404, "not found: session not found")
        case .commandNotFound: self.init(404, "not found: command not found")
        case .sessionCancelled: self.init(500, "failed to execute command: session cancelled")
        case .brokenPipe: self.init(500, "failed to execute command: write |1: broken pipe")
        case .alreadyCompleted(let code):
            self.init(
                410,
                "gone: command has already completed with exit code \(code)",
                code: "COMMAND_ALREADY_COMPLETED"
            )
        }
    }
}
