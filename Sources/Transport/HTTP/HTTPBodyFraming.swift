/// How the body of a message is delimited on the wire (RFC 9112 §6).
package enum HTTPBodyFraming: Sendable, Hashable {
    /// No body.
    case none
    /// This many bytes.
    case fixed(Int)
    /// Chunks, ended by an empty one.
    case chunked
    /// Everything up to the end of the connection.
    case untilClose

    /// Whether bytes of a body may follow the head.
    package var hasBody: Bool { self != .none && self != .fixed(0) }

    /// Returns the framing of a request (RFC 9112 §6.3).
    ///
    /// Stricter than the section requires where a lenient reading would let two parties see different messages: a
    /// length beside a transfer coding, and more than one length, equal or not, are refused.
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
            guard let last = codings.last else { throw .bad("transfer-encoding without a coding") }
            guard codings.allSatisfy(isCoding) else { throw .bad("a transfer coding that is not a token") }
            if last != "chunked" {
                if codings.contains("chunked") { throw .bad("chunked is not the last transfer coding") }
                throw HTTPProtocolError(.notImplemented, "unknown transfer coding")
            }
            if codings.dropLast().contains("chunked") { throw .bad("chunked is applied twice") }
            if codings.count > 1 { throw HTTPProtocolError(.notImplemented, "unknown transfer coding") }
            return .chunked
        }
        guard let length = try Self.length(lengths, limits) else { return .none }
        if length > limits.maxBodyBytes {
            throw HTTPProtocolError(.contentTooLarge, "the body is longer than \(limits.maxBodyBytes) bytes")
        }
        return length == 0 ? .none : .fixed(length)
    }

    /// Returns the framing of the response to a request with the given method.
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
        guard let length = try Self.length(lengths, limits) else { return .untilClose }
        if length > limits.maxBodyBytes { throw .bad("the body is longer than \(limits.maxBodyBytes) bytes") }
        return length == 0 ? .none : .fixed(length)
    }

    /// Whether a text is the name of a transfer coding, with or without parameters (RFC 9112 §7).
    private static func isCoding(_ text: String) -> Bool {
        let name = text.utf8.prefix { $0 != UInt8(ascii: ";") }
        return !name.isEmpty && name.allSatisfy(HTTPSyntax.isToken)
    }

    private static func length(_ values: [String], _ limits: HTTPLimits) throws(HTTPProtocolError) -> Int? {
        guard let value = values.first else { return nil }
        if values.count > 1 { throw .bad("more than one content-length") }
        if let length = HTTPSyntax.decimal(value.utf8) { return length }
        // RFC 9110 §8.6: the number may be too large for an `Int`.
        if !value.isEmpty && value.utf8.allSatisfy({ $0 &- 0x30 < 10 }) {
            throw HTTPProtocolError(.contentTooLarge, "the body is longer than \(limits.maxBodyBytes) bytes")
        }
        throw .bad("content-length is not a number")
    }
}
