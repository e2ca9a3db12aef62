/// Reads the responses on a client's connection, event by event.
///
/// Confined to the connection's loop.
final class HTTPResponseReader: @unchecked Sendable {
    /// The next event of a response, or why there is none.
    enum Outcome {
        case head(HTTPResponseHead, HTTPBodyFraming)
        /// The number of body bytes at the front of the stream's input.
        case body(Int)
        case end(trailers: HTTPFields)
        /// The server broke the protocol.
        case violation(String)
        /// The connection failed, or ended too early.
        case lost
    }

    private let stream: BufferedStream
    private var decoder: HTTPDecoder
    /// Whether a task is waiting for the next event.
    private(set) var isReading = false
    /// Whether any byte has arrived since the request.
    private(set) var answerHasBegun = false

    init(_ stream: BufferedStream, limits: HTTPLimits) {
        self.stream = stream
        decoder = HTTPDecoder(role: .client, limits: limits)
    }

    /// Prepares for the response to a request with the given method.
    func expectResponse(to method: HTTPMethod) {
        answerHasBegun = false
        decoder.expectResponse(to: method)
    }

    /// Returns the next event; if `limit` passes first, the stream fails with `.timedOut`.
    nonisolated(nonsending) func next(within limit: Duration?) async -> Outcome {
        stream.setReadDeadline(limit)
        isReading = true
        defer {
            isReading = false
            stream.setReadDeadline(nil)
        }
        while true {
            if !stream.input.isEmpty { answerHasBegun = true }
            switch decoder.next(&stream.input) {
            case .response(let head, let framing)?: return .head(head, framing)
            case .body(let count)?: return .body(count)
            case .end(let trailers)?: return .end(trailers: trailers)
            case .failed(let error)?: return .violation(error.message)
            case .request?: return .violation("a request")
            case nil: break
            }
            if stream.failure != nil { return .lost }
            if stream.inputHasEnded {
                // A body may end with the connection; anything else was cut short.
                if case .end(let trailers)? = decoder.receiveEnd() { return .end(trailers: trailers) }
                return .lost
            }
            _ = await stream.fillOrWait()
        }
    }
}
