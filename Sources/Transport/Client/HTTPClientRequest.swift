/// A request to be sent: `host`, the framing fields and `connection` are written by the client.
public struct HTTPClientRequest: Sendable {
    /// The method.
    public var method: HTTPMethod
    /// Where to.
    public var url: HTTPURL
    /// The fields, without those of the framing.
    public var fields: HTTPFields
    /// What follows them.
    public var body: Body
    /// Replaces the configuration's limit between reads for this request; ``Duration/forever`` takes it away.
    public var readTimeout: Duration?

    /// What follows the head of a request.
    public enum Body: Sendable {
        /// These bytes; none is no body.
        case bytes([UInt8])
        /// Whatever the closure writes, with `length` announced if given, else in chunks.
        ///
        /// It is called again when the request is sent again after a redirect. It runs on the connection's loop and must not block.
        case stream(length: Int?, @Sendable (HTTPRequestWriter) async throws -> Void)
    }

    /// A request of the given parts.
    public init(
        _ method: HTTPMethod,
        _ url: HTTPURL,
        fields: HTTPFields = HTTPFields(),
        body: Body = .bytes([]),
        readTimeout: Duration? = nil
    ) {
        (self.method, self.url, self.fields, self.body) = (method, url, fields, body)
        self.readTimeout = readTimeout
    }
}

/// Writes the body of a streamed request.
public struct HTTPRequestWriter: Sendable {
    let connection: HTTPClientConnection

    /// Appends bytes; waits while the server is slower than the writer.
    ///
    /// - Throws: ``HTTPClientError`` when the connection is gone.
    public nonisolated(nonsending) func write(_ bytes: [UInt8]) async throws {
        try await connection.writeBody(bytes)
    }
}

/// A response whose body has not been read yet; valid within the closure it was given to.
public struct HTTPClientResponse: Sendable {
    /// Status line and fields.
    public let head: HTTPResponseHead
    /// Where the response came from, after redirects.
    public let url: HTTPURL
    let connection: HTTPClientConnection

    /// The next bytes of the body, at least one; nil at the end.
    ///
    /// - Throws: ``HTTPClientError`` if the connection is lost, stalls, or breaks the protocol.
    public nonisolated(nonsending) func nextBytes() async throws -> [UInt8]? { try await connection.nextBodyBytes() }

    /// The whole body.
    ///
    /// - Parameter maxBytes: the most to hold; a longer body throws `.bodyTooLarge`.
    public nonisolated(nonsending) func collect(maxBytes: Int) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        while let more = try await nextBytes() {
            if bytes.count + more.count > maxBytes {
                throw HTTPClientError(.bodyTooLarge, "the response from \(url) is longer than \(maxBytes) bytes")
            }
            if bytes.isEmpty { bytes = more } else { bytes += more }
        }
        return bytes
    }
}

/// A response with its whole body.
public struct HTTPClientResult: Sendable {
    /// Status line and fields.
    public let head: HTTPResponseHead
    /// The body.
    public let body: [UInt8]
    /// Where the response came from, after redirects.
    public let url: HTTPURL

    /// The status code.
    public var status: Int { head.status.code }
    /// The body as text, with U+FFFD for what is not UTF-8.
    public var text: String { String(decoding: body, as: UTF8.self) }
}
