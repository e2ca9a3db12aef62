/// Answers the requests of a server.
///
/// Called on the connection's event loop, for one request per connection at a time. It must not block: code that may
/// block runs on a ``ServiceExecutor``. It cannot throw: every error has to be turned into a response.
public protocol HTTPResponder: Sendable {
    /// Returns the response to a request.
    ///
    /// If the peer goes away before the response has been produced, the task is not cancelled: a plain request runs to
    /// completion, as its effects may be wanted. A streamed response notices at its next write.
    nonisolated(nonsending) func respond(to request: HTTPServerRequest) async -> HTTPServerResponse
}

/// A record for the access log, made when a response has been handed to the connection.
public struct HTTPAccessRecord: Sendable {
    /// The request's method, `-` if it could not be read.
    public let method: String
    /// The request's target as sent, `-` if it could not be read.
    public let target: String
    /// The status of the response.
    public let status: Int
    /// The peer's address.
    public let peer: SocketAddress
    /// The request's fields; empty if it could not be read.
    public let fields: HTTPFields
    /// The time from the request's head to the end of the response or, for an upgrade, of the WebSocket connection.
    public let duration: Duration
    /// The response's `x-request-id`; `nil` without one.
    public let requestID: String?
}
