/// Writes HTTP/1.1 messages into a buffer (RFC 9112).
///
/// It writes the framing fields by itself; those among the given fields are left out.
package enum HTTPEncoder {
    package typealias Framing = HTTPBodyFraming

    /// RFC 9110 §6.5.1: fields that decide on framing, routing, authentication or the content come too late in a
    /// trailer.
    private static let namesUnfitForTrailers =
        framingNames + [
            "authorization", "connection", "content-encoding", "content-range", "content-type", "cookie", "expect",
            "host",
            "proxy-authorization", "set-cookie", "te", "trailer", "upgrade",
        ]

    private static let framingNames = ["content-length", "transfer-encoding", "date", "server"]
    private static let responseNames = framingNames + ["connection"]

    /// Appends the head of a response.
    ///
    /// - Parameters:
    ///   - framing: `.none`, as for 1xx, 204 and 304, and `.untilClose` announce nothing; the latter requires `closes`.
    ///   - closes: whether the connection ends after the response.
    ///   - commonFields: complete field lines that every response carries.
    package static func appendResponseHead(
        status: HTTPStatus,
        fields: HTTPFields,
        framing: Framing,
        closes: Bool,
        commonFields: [UInt8],
        to output: inout ByteBuffer
    ) {
        output.append(contentsOf: StatusLines.line(status))
        output.append(contentsOf: commonFields)
        // An upgrade needs its `connection` field.
        append(fields, leavingOut: status == .switchingProtocols ? framingNames : responseNames, to: &output)
        append(framing, to: &output)
        // RFC 9110 §7.8: the field that offers other protocols is meant for this connection only.
        let offersUpgrade = status != .switchingProtocols && fields.contains(.upgrade)
        if closes || offersUpgrade {
            output.append("connection: ")
            output.append(!offersUpgrade ? "close" : closes ? "close, upgrade" : "upgrade")
            output.append("\r\n")
        }
        output.append("\r\n")
    }

    /// Appends the head of a request.
    ///
    /// Method, target and host must be valid; they are written as given.
    package static func appendRequestHead(
        method: HTTPMethod,
        target: String,
        host: String,
        fields: HTTPFields,
        framing: Framing,
        to output: inout ByteBuffer
    ) {
        output.append("\(method.rawValue) \(target) HTTP/1.1\r\nhost: \(host)\r\n")
        // An upgrade needs its `connection` field.
        append(fields, leavingOut: ["content-length", "transfer-encoding", "host"], to: &output)
        append(framing, to: &output)
        output.append("\r\n")
    }

    /// Appends one chunk with its size; appends nothing for no bytes, as an empty chunk would be the last.
    package static func appendChunk(_ bytes: [UInt8], to output: inout ByteBuffer) {
        if bytes.isEmpty { return }
        output.append(String(bytes.count, radix: 16))
        output.append("\r\n")
        output.append(contentsOf: bytes)
        output.append("\r\n")
    }

    /// Appends the last chunk and the trailer fields.
    package static func appendLastChunk(trailers: HTTPFields, to output: inout ByteBuffer) {
        output.append("0\r\n")
        append(trailers, leavingOut: namesUnfitForTrailers, to: &output)
        output.append("\r\n")
    }

    private static func append(_ framing: Framing, to output: inout ByteBuffer) {
        switch framing {
        case .none, .untilClose: break
        case .fixed(let count):
            output.append("content-length: ")
            appendDecimal(count, to: &output)
            output.append("\r\n")
        case .chunked: output.append("transfer-encoding: chunked\r\n")
        }
    }

    private static func append(_ fields: HTTPFields, leavingOut names: [String], to output: inout ByteBuffer) {
        fields.bytes.withUnsafeBytes { bytes in
            for (index, line) in fields.lines.enumerated() {
                if names.contains(where: { fields.isLine(index, named: $0) }) { continue }
                output.append(raw: UnsafeRawBufferPointer(rebasing: bytes[fields.nameRange(line)]))
                output.append(": ")
                output.append(raw: UnsafeRawBufferPointer(rebasing: bytes[fields.valueRange(line)]))
                output.append("\r\n")
            }
        }
    }

    private static func appendDecimal(_ number: Int, to output: inout ByteBuffer) {
        output.append(String(number))
    }
}

/// The status lines of the usual codes, made once.
private enum StatusLines {
    private static let lines: [Int: [UInt8]] = {
        var lines: [Int: [UInt8]] = [:]
        for code in 100..<600 where !HTTPStatus(code).reasonPhrase.isEmpty { lines[code] = make(HTTPStatus(code)) }
        return lines
    }()

    static func line(_ status: HTTPStatus) -> [UInt8] { lines[status.code] ?? make(status) }

    private static func make(_ status: HTTPStatus) -> [UInt8] {
        Array("HTTP/1.1 \(status.code) \(status.reasonPhrase)\r\n".utf8)
    }
}
