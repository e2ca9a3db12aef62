import BenchmarkTransport

/// Sends the log of a command over a WebSocket from its first byte, as it grows.
///
/// Binary messages; where one ends means nothing. When the command has ended and nothing more came for the quiet
/// period, the socket is closed with 1000; at once if the session is deleted. Nothing is buffered but one message: a
/// client that does not read holds its own follower up, nobody else's.
struct LogFollower: Sendable {
    let session: LocalSession
    let command: String
    /// Whether only the text is sent.
    let removesMarkers: Bool
    /// Whether to wait for more, or to close behind what is there.
    let follows: Bool
    let quietPeriod: Duration
    let maxMessageBytes: Int
    let loop: EventLoop

    /// Returns when the socket has been closed, by either side.
    func run(_ socket: WebSocketConnection) async {
        // What the client says does not matter; that it closes, and its pings, do.
        await socket.ignoreMessages()
        let sender = loop.startTask { await send(socket) }
        let watcher = loop.startTask {
            try? await socket.waitUntilEnded()
            sender.cancel()
        }
        await withTaskCancellationHandler {
            await sender.value
        } onCancel: {
            sender.cancel()
        }
        watcher.cancel()
        await watcher.value
    }

    private func send(_ socket: WebSocketConnection) async {
        var (offset, demultiplexer) = (0, LogDemultiplexer())
        var isQuiet = false
        do {
            while true {
                switch await session.log(of: command, from: offset, maxCount: maxMessageBytes) {
                case .bytes(let bytes):
                    isQuiet = false
                    offset += bytes.count
                    try await socket.send(removesMarkers ? text(bytes, &demultiplexer) : bytes)
                case .wait(let event):
                    guard follows else { return await socket.close(code: .normal) }
                    try await event.waitUnlessCancelled()
                case .end where isQuiet || !follows: return await socket.close(code: .normal)
                case .end:
                    isQuiet = true
                    try await loop.sleep(for: quietPeriod)
                case .gone: return await socket.close(code: .normal)
                case .broken: return await socket.close(code: .internalError)
                }
            }
        } catch {
            // The client has left.
        }
    }

    private func text(_ bytes: [UInt8], _ demultiplexer: inout LogDemultiplexer) -> [UInt8] {
        var text = [UInt8]()
        demultiplexer.receive(bytes) { text += $1 }
        return text
    }
}
