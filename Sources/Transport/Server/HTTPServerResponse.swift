/// A response: status, fields and body.
///
/// `content-length`, `transfer-encoding`, `connection`, `date` and `server` are written by the connection.
public struct HTTPServerResponse: Sendable {
    /// The status.
    public var status: HTTPStatus
    /// The fields, without those that the connection writes.
    public var fields: HTTPFields
    /// The body, or what takes its place.
    public var body: Body
    /// Whether the connection is to be closed after this response.
    public var closesConnection = false

    /// What follows the head of a response: a body, or a WebSocket connection.
    public enum Body: Sendable {
        /// These bytes, with their length announced.
        case bytes([UInt8])
        /// The bytes that the closure writes: with `length` announced if given, else in chunks.
        ///
        /// The closure runs on the connection's loop and must not block. If it throws, the connection is cut, so that
        /// the peer sees a truncated response rather than a short one.
        case stream(length: Int?, @Sendable (HTTPBodyWriter) async throws -> Void)
        /// A WebSocket connection in place of a body if the request asks for one correctly; otherwise the response is
        /// the handshake's refusal.
        ///
        /// The closure runs on the connection's loop and must not block; when it returns, a connection still open is
        /// closed with 1000.
        case webSocket(@Sendable (WebSocketConnection) async -> Void)
    }

    /// Creates a response from its parts.
    public init(status: HTTPStatus, fields: HTTPFields = HTTPFields(), body: Body = .bytes([])) {
        self.status = status
        self.fields = fields
        self.body = body
    }
}

extension HTTPServerResponse {
    /// Returns a plain-text response.
    public static func text(_ status: HTTPStatus, _ text: String) -> HTTPServerResponse {
        HTTPServerResponse(
            status: status,
            fields: HTTPFields([(.contentType, "text/plain; charset=utf-8")]),
            body: .bytes(Array(text.utf8))
        )
    }
}

/// Writes the body of a streamed response.
public struct HTTPBodyWriter: Sendable {
    let connection: HTTPServerConnection
    let exchange: Int

    /// Appends bytes; waits while the peer cannot keep up.
    ///
    /// - Throws: if the connection is gone, or if more is written than was announced.
    public nonisolated(nonsending) func write(_ bytes: [UInt8]) async throws {
        try await connection.writeBody(bytes, of: exchange)
    }

    /// Returns when the peer has gone or has finished sending, or throws when the waiting task is cancelled.
    ///
    /// For a body that is silent for a long time; to be called after the request's body has been read.
    package nonisolated(nonsending) func waitUntilPeerLeaves() async throws {
        try await connection.departure(of: exchange).waitUnlessCancelled()
    }

    /// Sets the trailer fields (RFC 9110 §6.5); they are dropped if the body is not chunked.
    ///
    /// Fields that concern framing, routing or authentication are left out.
    public nonisolated(nonsending) func setTrailers(_ fields: HTTPFields) async {
        await connection.setTrailers(fields, of: exchange)
    }
}
