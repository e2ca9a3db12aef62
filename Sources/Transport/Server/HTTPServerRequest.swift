/// A request as its responder sees it: the head, and the body as it comes in.
public struct HTTPServerRequest: Sendable {
    /// Request line and fields; a responder may add to them for those it asks.
    public var head: HTTPRequestHead
    /// The body; empty if the request has none.
    public let body: HTTPRequestBody
    /// The other side of the connection.
    public let peer: SocketAddress
    /// What TLS agreed on with it; nil without TLS.
    public let tls: TLSConnectionInfo?
}

/// The body of a request, read from the connection as the responder asks for it.
///
/// What is not asked for is not read: a responder that stops reading stops the sender. Valid until the response has been
/// returned; after that it reads as ended.
public struct HTTPRequestBody: Sendable {
    let connection: HTTPServerConnection?
    let exchange: Int

    /// The next bytes, at least one; nil at the end.
    ///
    /// - Throws: ``HTTPBodyError`` if the body is malformed, cut short, or stalls.
    public nonisolated(nonsending) func next() async throws -> [UInt8]? {
        try await connection?.nextBodyBytes(of: exchange)
    }

    /// The fields that came after the body (RFC 9110 §6.5); empty before its end, and without any.
    ///
    /// They are never merged into the head's: a sender could replace there what has been checked.
    public nonisolated(nonsending) func trailers() async -> HTTPFields {
        await connection?.requestTrailers(of: exchange) ?? HTTPFields()
    }

    /// The whole body.
    ///
    /// - Parameter maxBytes: the most to hold; a longer body throws, with status 413.
    public nonisolated(nonsending) func collect(maxBytes: Int) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        while let more = try await next() {
            if bytes.count + more.count > maxBytes { throw HTTPBodyError.tooLarge(maxBytes: maxBytes) }
            if bytes.isEmpty { bytes = more } else { bytes += more }
        }
        return bytes
    }
}

/// A message body that could not be read to its end.
public struct HTTPBodyError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The status that tells the sender: 400, 408 or 413.
    public let status: Int
    /// What happened.
    public let description: String

    static func tooLarge(maxBytes: Int) -> HTTPBodyError {
        HTTPBodyError(status: 413, description: "the body is longer than \(maxBytes) bytes")
    }
}
