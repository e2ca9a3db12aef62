import BenchmarkProtocol
import BenchmarkTransport

extension StreamRequest {
    /// The first message of a stream: a text message with a JSON object.
    init(_ message: WebSocketMessage, readsProvider: Bool) throws {
        guard case .text(let bytes) = message else { throw ServiceError.invalidRequest("expected a text message") }
        self = try StreamRequest(json: try JSONValue(parsing: bytes), readsProvider: readsProvider)
    }
}

extension StreamChunk {
    /// A message of a stream: a text message with a chunk.
    init(_ message: WebSocketMessage) throws {
        guard case .text(let bytes) = message else { throw ServiceError.invalidRequest("a chunk is a text message") }
        self = try StreamChunk(parsing: bytes)
    }
}
