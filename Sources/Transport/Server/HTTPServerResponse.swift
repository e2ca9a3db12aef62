/// A response: status, fields, and what follows them.
///
/// `content-length`, `transfer-encoding`, `connection`, `date` and `server` are written by the connection.
public struct HTTPServerResponse: Sendable {
    /// The status line's code.
    public var status: HTTPStatus
    /// The fields, without those of the framing.
    public var fields: HTTPFields
    /// What follows the head.
    public var body: Body
    /// Whether the connection is to be closed after this response.
    public var closesConnection = false

    /// What follows the head of a response.
    public enum Body: Sendable {
        /// These bytes, with their length announced.
        case bytes([UInt8])
        /// Whatever the closure writes: with `length` announced if given, else in chunks.
        ///
        /// The closure runs on the connection's loop and must not block. If it throws, the connection is cut, so that
        /// the peer sees a truncated response and not a short one.
        case stream(length: Int?, @Sendable (HTTPBodyWriter) async throws -> Void)
        /// A WebSocket connection in place of a body, if the request asks for one rightly; else the handshake's refusal
        /// is the response.
        ///
        /// The closure runs on the connection's loop and must not block; when it returns, a connection still open is
        /// closed with 1000.
        case webSocket(@Sendable (WebSocketConnection) async -> Void)
    }

    /// A response of the given parts.
    public init(status: HTTPStatus, fields: HTTPFields = HTTPFields(), body: Body = .bytes([])) {
        self.status = status
        self.fields = fields
        self.body = body
    }
}

extension HTTPServerResponse {
    /// A response of plain text.
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

    /// Appends bytes; waits while the peer is slower than the writer.
    ///
    /// - Throws: when the connection is gone, or more is written than was announced.
    public nonisolated(nonsending) func write(_ bytes: [UInt8]) async throws {
        try await connection.writeBody(bytes, of: exchange)
    }

    /// Returns when the peer has gone or has finished sending, or throws when the waiting task is cancelled.
    ///
    /// For a body that is silent for long; to be called when the request's body has been read.
    package nonisolated(nonsending) func waitUntilPeerLeaves() async throws {
        try await connection.departure(of: exchange).waitUnlessCancelled()
    }

    /// The fields that follow the body (RFC 9110 §6.5), if it goes out in chunks; without chunks there is no place for
    /// them, and they are dropped.
    ///
    /// Fields of framing, routing and authentication are left out.
    public nonisolated(nonsending) func setTrailers(_ fields: HTTPFields) async {
        await connection.setTrailers(fields, of: exchange)
    }
}
