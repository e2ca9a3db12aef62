/// How the body of a message is delimited on the wire (RFC 9112 §6).
package enum HTTPBodyFraming: Sendable, Hashable {
    /// There is none.
    case none
    /// So many bytes.
    case fixed(Int)
    /// Chunks, the last of which is empty.
    case chunked
    /// Everything up to the end of the connection.
    case untilClose

    /// Whether bytes of a body may follow the head.
    package var hasBody: Bool { self != .none && self != .fixed(0) }

    /// The framing of a request (RFC 9112 §6.3).
    ///
    /// Stricter than the section allows where a lenient reading would let two parties see different messages: a length
    /// beside a transfer coding, and more than one length, are refused, equal or not.
    static func ofRequest(
        _ fields: HTTPFields,
        version: HTTPVersion,
        limits: HTTPLimits
    ) throws(HTTPProtocolError) -> HTTPBodyFraming {
        let lengths = fields[values: .contentLength]
        if fields.contains(.transferEncoding) {
            if version == .http10 { throw .bad("a transfer coding in HTTP/1.0") }
            if !lengths.isEmpty { throw .bad("both content-length and transfer-encoding") }
            let codings = fields.tokens(in: .transferEncoding).map(HTTPSyntax.lowercased)
            guard let last = codings.last, last == "chunked" else {
                if codings.contains("chunked") { throw .bad("chunked is not the last transfer coding") }
                throw HTTPProtocolError(.notImplemented, "unknown transfer coding")
            }
            if codings.dropLast().contains("chunked") { throw .bad("chunked is applied twice") }
            if codings.count > 1 { throw HTTPProtocolError(.notImplemented, "unknown transfer coding") }
            return .chunked
        }
        guard let length = try Self.length(lengths) else { return .none }
        if length > limits.maxBodyBytes {
            throw HTTPProtocolError(.contentTooLarge, "the body is longer than \(limits.maxBodyBytes) bytes")
        }
        return length == 0 ? .none : .fixed(length)
    }

    /// The framing of the response to a request of the given method.
    static func ofResponse(
        _ fields: HTTPFields,
        status: HTTPStatus,
        to method: HTTPMethod,
        limits: HTTPLimits
    ) throws(HTTPProtocolError) -> HTTPBodyFraming {
        if method == .head || !status.allowsBody || (method == .connect && (200..<300).contains(status.code)) {
            return .none
        }
        let lengths = fields[values: .contentLength]
        if fields.contains(.transferEncoding) {
            if !lengths.isEmpty { throw .bad("both content-length and transfer-encoding") }
            let codings = fields.tokens(in: .transferEncoding).map(HTTPSyntax.lowercased)
            if codings == ["chunked"] { return .chunked }
            throw .bad("unknown transfer coding")
        }
        guard let length = try Self.length(lengths) else { return .untilClose }
        if length > limits.maxBodyBytes { throw .bad("the body is longer than \(limits.maxBodyBytes) bytes") }
        return length == 0 ? .none : .fixed(length)
    }

    private static func length(_ values: [String]) throws(HTTPProtocolError) -> Int? {
        guard let value = values.first else { return nil }
        if values.count > 1 { throw .bad("more than one content-length") }
        guard let length = HTTPSyntax.decimal(value.utf8) else { throw .bad("content-length is no number") }
        return length
    }
}

/// Whether a connection goes on after a message (RFC 9112 §9.3).
///
/// HTTP/1.0's own way of asking for that is not honoured.
package enum HTTPKeepAlive {
    static func isKept(after request: HTTPRequestHead) -> Bool { isKept(request.version, request.fields) }
    static func isKept(after response: HTTPResponseHead) -> Bool { isKept(response.version, response.fields) }

    private static func isKept(_ version: HTTPVersion, _ fields: HTTPFields) -> Bool {
        version == .http11 && !(fields.contains(.connection) && fields.hasToken("close", in: .connection))
    }
}
