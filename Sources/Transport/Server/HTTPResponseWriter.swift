/// Writes responses to a connection: a head with a complete body, or a head followed by a body as it is produced.
///
/// Confined to the connection's loop.
final class HTTPResponseWriter {
    private enum Body {
        case none
        case chunked
        /// Of an announced length, with this many bytes still to be written.
        case fixed(remaining: Int)
        /// Delimited by the end of the connection, for HTTP/1.0 peers, which do not know chunks (RFC 9112 §6.3).
        case untilClose
    }

    private let stream: BufferedStream
    private let server: HTTPServerLoop
    private var body = Body.none
    private var trailers = HTTPFields()

    init(_ stream: BufferedStream, _ server: HTTPServerLoop) { (self.stream, self.server) = (stream, server) }

    /// Appends the head of a response.
    func writeHead(_ response: HTTPServerResponse, framing: HTTPEncoder.Framing, closes: Bool) {
        stream.write { output in
            HTTPEncoder.appendResponseHead(
                status: response.status,
                fields: response.fields,
                framing: framing,
                closes: closes,
                commonFields: server.commonFields(),
                to: &output
            )
        }
    }

    /// Appends a response whose body is complete.
    nonisolated(nonsending) func write(
        _ response: HTTPServerResponse,
        _ bytes: [UInt8],
        omitsBody: Bool = false,
        closes: Bool
    ) async {
        let allowsBody = response.status.allowsBody
        writeHead(response, framing: allowsBody ? .fixed(bytes.count) : .none, closes: closes)
        if allowsBody && !omitsBody { stream.write { $0.append(contentsOf: bytes) } }
        if stream.isAboveHighWater { await stream.drain() }
    }

    /// Starts a response whose body is produced piece by piece.
    ///
    /// - Returns: whether the connection stays open after it.
    func begin(_ response: HTTPServerResponse, length: Int?, for head: HTTPRequestHead, keepsAlive: Bool) -> Bool {
        let framing: HTTPEncoder.Framing
        if !response.status.allowsBody {
            (framing, body) = (.none, .none)
        } else if let length {
            (framing, body) = (.fixed(length), .fixed(remaining: length))
        } else if head.version == .http11 {
            (framing, body) = (.chunked, .chunked)
        } else {
            (framing, body) = (.untilClose, .untilClose)
        }
        let goesOn = keepsAlive && framing != .untilClose
        writeHead(response, framing: framing, closes: !goesOn)
        trailers = HTTPFields()
        return goesOn
    }

    /// Appends bytes of the body; waits while the peer cannot keep up.
    nonisolated(nonsending) func write(_ bytes: [UInt8]) async throws {
        if bytes.isEmpty { return }
        switch body {
        case .none: throw StreamFailure.closed
        case .chunked: stream.write { HTTPEncoder.appendChunk(bytes, to: &$0) }
        case .untilClose: stream.write { $0.append(contentsOf: bytes) }
        case .fixed(let remaining):
            guard bytes.count <= remaining else { throw StreamFailure.closed }
            body = .fixed(remaining: remaining - bytes.count)
            stream.write { $0.append(contentsOf: bytes) }
        }
        if stream.isAboveHighWater { await stream.drain() }
        if let failure = stream.failure { throw failure }
    }

    /// Whether only the end of the connection tells the peer that the body is complete.
    var endsWithConnection: Bool { if case .untilClose = body { true } else { false } }

    /// Sets the trailer fields of a chunked body.
    func setTrailers(_ fields: HTTPFields) { trailers = fields }

    /// Ends the body.
    ///
    /// - Returns: false if it is shorter than announced; the peer can only learn that if the connection is cut.
    func end() -> Bool {
        defer { body = .none }
        switch body {
        case .chunked: stream.write { HTTPEncoder.appendLastChunk(trailers: trailers, to: &$0) }
        case .fixed(let remaining): return remaining == 0
        case .none, .untilClose: break
        }
        return true
    }
}
