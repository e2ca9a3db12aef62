/// Answers the requests of a server.
///
/// Called on the event loop of the connection, for one request of a connection at a time. It must not block: code that
/// may is entered through a ``ServiceExecutor``. It cannot throw: every error is answered by whoever knows how.
public protocol HTTPResponder: Sendable {
    /// The response to one request.
    ///
    /// When the peer goes away before the response has been produced, the task is not cancelled: a plain request runs
    /// to its end, as its effects may be wanted. A streamed response notices at its next write.
    nonisolated(nonsending) func respond(to request: HTTPServerRequest) async -> HTTPServerResponse
}

/// One line of the access log, made when a response has been handed to the connection.
public struct HTTPAccessRecord: Sendable {
    /// The request's method, `-` if it could not be read.
    public let method: String
    /// The request's target as sent, `-` if it could not be read.
    public let target: String
    /// The status of the response.
    public let status: Int
    /// The other side.
    public let peer: SocketAddress
    /// The fields of the request; none if it could not be read.
    public let fields: HTTPFields
    /// From the head of the request to the end of the response or, for an upgrade, to its acceptance.
    public let duration: Duration
    /// The `x-request-id` of the response; nil without one.
    public let requestID: String?
}
