/// A request as its responder sees it: the head, and the body as it arrives.
public struct HTTPServerRequest: Sendable {
    /// The request line and fields; a responder may add to them before it passes the request on.
    public var head: HTTPRequestHead
    /// The body; empty if the request has none.
    public let body: HTTPRequestBody
    /// The peer's address.
    public let peer: SocketAddress
    /// The parameters negotiated by TLS; `nil` without TLS.
    public let tls: TLSConnectionInfo?
}

/// The body of a request, read from the connection as the responder asks for it.
///
/// Only what is asked for is read: a responder that stops reading stops the sender. Valid until the response has been
/// sent; after that it reads as ended.
public struct HTTPRequestBody: Sendable {
    let connection: HTTPServerConnection?
    let exchange: Int

    /// Returns the next bytes, at least one; `nil` at the end.
    ///
    /// - Throws: ``HTTPBodyError`` if the body is malformed, cut short, or stalls.
    public nonisolated(nonsending) func next() async throws -> [UInt8]? {
        try await connection?.nextBodyBytes(of: exchange)
    }

    /// Returns the trailer fields (RFC 9110 §6.5); empty if there are none, or before the body has ended.
    ///
    /// They are never merged into the header fields, where a sender could replace what has already been checked.
    public nonisolated(nonsending) func trailers() async -> HTTPFields {
        await connection?.requestTrailers(of: exchange) ?? HTTPFields()
    }

    /// Reads the whole body.
    ///
    /// - Parameter maxBytes: the maximum length; a longer body throws an ``HTTPBodyError`` with status 413.
    public nonisolated(nonsending) func collect(maxBytes: Int) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        while let more = try await next() {
            if bytes.count + more.count > maxBytes { throw HTTPBodyError.tooLarge(maxBytes: maxBytes) }
            if bytes.isEmpty { bytes = more } else { bytes += more }
        }
        return bytes
    }
}

/// The failure to read a message body to its end.
public struct HTTPBodyError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The status to answer with: 400, 408, 413 or 431.
    public let status: Int
    /// What happened.
    public let description: String

    static func tooLarge(maxBytes: Int) -> HTTPBodyError {
        HTTPBodyError(status: 413, description: "the body is longer than \(maxBytes) bytes")
    }
}
