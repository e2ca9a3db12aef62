/// Writes responses to a connection: a head with a body at hand, or a head and then a body as it is produced.
///
/// Confined to the connection's loop.
final class HTTPResponseWriter {
    private enum Body {
        case none
        case chunked
        /// With the announced length, of which so much is missing.
        case fixed(remaining: Int)
        /// As long as the connection: for peers of HTTP/1.0, who know no chunks (RFC 9112 §6.3).
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

    /// Appends a response whose body is at hand.
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

    /// Begins a response whose body is produced bit by bit.
    ///
    /// - Returns: whether the connection goes on after it.
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

    /// Appends bytes of the body; waits while the peer is slower than their producer.
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

    /// The fields to follow a body in chunks.
    func setTrailers(_ fields: HTTPFields) { trailers = fields }

    /// Ends the body.
    ///
    /// - Returns: false if it is shorter than was announced: only a cut can tell the peer.
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
