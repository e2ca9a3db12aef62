import BenchmarkTransport

/// The destination of a stream's chunks.
protocol ChunkSink: Sendable {
    /// Sends chunks, each in its JSON form; waits while the peer does not read.
    nonisolated(nonsending) func send(_ chunks: [[UInt8]]) async throws

    /// Returns when the peer has left, or throws when the waiting task is cancelled.
    nonisolated(nonsending) func waitUntilPeerLeaves() async throws
}

/// Sends each chunk as a text message.
struct WebSocketSink: ChunkSink {
    let socket: WebSocketConnection

    nonisolated(nonsending) func send(_ chunks: [[UInt8]]) async throws { try await socket.send(utf8: chunks) }

    nonisolated(nonsending) func waitUntilPeerLeaves() async throws { try await socket.waitUntilEnded() }
}

/// Sends each chunk as a line.
struct LineSink: ChunkSink {
    let writer: HTTPBodyWriter

    nonisolated(nonsending) func send(_ chunks: [[UInt8]]) async throws {
        var lines: [UInt8] = []
        for chunk in chunks { lines += chunk + [UInt8(ascii: "\n")] }
        try await writer.write(lines)
    }

    nonisolated(nonsending) func waitUntilPeerLeaves() async throws { try await writer.waitUntilPeerLeaves() }
}
