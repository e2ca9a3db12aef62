/// A response whose body has not been read yet; valid only within the closure it is passed to.
public struct HTTPClientResponse: Sendable {
    /// The status line and fields.
    public let head: HTTPResponseHead
    /// The URL that the response came from, after any redirects.
    public let url: HTTPURL
    let connection: HTTPClientConnection
    /// The number of this exchange on its connection.
    let exchange: Int

    /// Returns the next bytes of the body, at least one, or `nil` at the end.
    ///
    /// - Throws: ``HTTPClientError`` if the connection is lost, stalls, or breaks the protocol.
    public nonisolated(nonsending) func nextBytes() async throws -> [UInt8]? {
        try await connection.nextBodyBytes(of: exchange)
    }

    /// Returns the trailer fields (RFC 9110 §6.5); empty until the body has been read, and for most responses.
    public nonisolated(nonsending) func trailers() async -> HTTPFields { await connection.trailers(of: exchange) }

    /// Returns the whole body.
    ///
    /// - Parameter maxBytes: the maximum size; a longer body throws `.bodyTooLarge`.
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

/// A response with its complete body.
public struct HTTPClientResult: Sendable {
    /// The status line and fields.
    public let head: HTTPResponseHead
    /// The body.
    public let body: [UInt8]
    /// The trailer fields (RFC 9110 §6.5).
    public let trailers: HTTPFields
    /// The URL that the response came from, after any redirects.
    public let url: HTTPURL

    /// The status code.
    public var status: Int { head.status.code }
    /// The body as text, with U+FFFD in place of bytes that are not valid UTF-8.
    public var text: String { String(decoding: body, as: UTF8.self) }
}
