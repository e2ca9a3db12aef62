/// A response whose body has not been read yet; valid within the closure it was given to.
public struct HTTPClientResponse: Sendable {
    /// Status line and fields.
    public let head: HTTPResponseHead
    /// Where the response came from, after redirects.
    public let url: HTTPURL
    let connection: HTTPClientConnection
    /// Which of the connection's exchanges this is.
    let exchange: Int

    /// The next bytes of the body, at least one; nil at the end.
    ///
    /// - Throws: ``HTTPClientError`` if the connection is lost, stalls, or breaks the protocol.
    public nonisolated(nonsending) func nextBytes() async throws -> [UInt8]? {
        try await connection.nextBodyBytes(of: exchange)
    }

    /// The fields after the body (RFC 9110 §6.5); empty before its end, and for most responses.
    public nonisolated(nonsending) func trailers() async -> HTTPFields { await connection.trailers(of: exchange) }

    /// The whole body.
    ///
    /// - Parameter maxBytes: the most to hold; a longer body throws `.bodyTooLarge`.
    public nonisolated(nonsending) func collect(maxBytes: Int) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        while let more = try await nextBytes() {
            if more.count > maxBytes - bytes.count {
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
    /// The fields after the body (RFC 9110 §6.5).
    public let trailers: HTTPFields
    /// Where the response came from, after redirects.
    public let url: HTTPURL

    /// The status code.
    public var status: Int { head.status.code }
    /// The body as text, with U+FFFD for what is not UTF-8.
    public var text: String { String(decoding: body, as: UTF8.self) }
}
