import BenchmarkTransport

/// Sends the log of a command over a WebSocket from its first byte on, as it grows.
///
/// The messages are binary, of at most 1024 bytes; their boundaries mean nothing. When the command has ended and
/// nothing more has arrived for the quiet period, the socket is closed with 1000; if the session is deleted, at once.
/// Only one message is buffered: a client that does not read holds up its own follower and no other.
struct LogFollower: Sendable {
    let session: LocalSession
    let command: String
    /// Whether the text is sent without its markers.
    let removesMarkers: Bool
    /// Whether to wait for more, or to close after the bytes that are there.
    let follows: Bool
    let quietPeriod: Duration
    let faults: StreamFaults
    let loop: EventLoop

    private static let maxMessageBytes = 1024

    /// Runs until the socket has been closed, by either side.
    func run(_ socket: WebSocketConnection) async {
        // The client's messages do not matter; its Close and Ping frames do.
        await socket.ignoreMessages()
        var faults = faults
        if faults.strike(.noPong) != nil { await socket.ignorePings() }
        let sender = loop.startTask { [faults] in await send(socket, faults) }
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

    private func send(_ socket: WebSocketConnection, _ faults: StreamFaults) async {
        var (offset, demultiplexer, isQuiet, faults) = (0, LogDemultiplexer(), false, faults)
        // The message that may be the last one, held back where that is to be dropped.
        var held: [UInt8]?
        do {
            while true {
                if let end = faults.end(at: offset) { return await finish(socket, end.code) }
                switch await session.log(of: command, from: offset, maxCount: Self.maxMessageBytes) {
                case .bytes(let bytes):
                    isQuiet = false
                    let bytes = Array(bytes.prefix(faults.messageCount(bytes, at: offset)))
                    offset += bytes.count
                    var message: [UInt8]? = removesMarkers ? text(bytes, &demultiplexer) : bytes
                    if faults.mayDropFinal { swap(&message, &held) }
                    if let delay = faults.strike(.delay) { try await loop.sleep(for: .milliseconds(delay.value)) }
                    if let message { try await send(message, to: socket, &faults) }
                    if let pause = faults.pause(at: offset) { try await loop.sleep(for: pause) }
                case .wait(let event):
                    guard follows else { return try await closeAtEnd(socket, held, &faults) }
                    try await event.waitUnlessCancelled()
                case .end where isQuiet || !follows: return try await closeAtEnd(socket, held, &faults)
                case .end:
                    isQuiet = true
                    try await loop.sleep(for: quietPeriod)
                case .gone: return await socket.close(code: .normal)
                case .broken: return await socket.close(code: .internalError)
                }
            }
        } catch {
            // The client has disconnected.
        }
    }

    private func send(_ message: [UInt8], to socket: WebSocketConnection, _ faults: inout StreamFaults) async throws {
        if faults.strike(.textMessages) != nil {
            try await socket.send(utf8: message)
        } else {
            try await socket.send(message)
        }
    }

    /// Closes after the last byte.
    private func closeAtEnd(
        _ socket: WebSocketConnection,
        _ held: [UInt8]?,
        _ faults: inout StreamFaults
    ) async throws {
        if let held, faults.strike(.dropFinal) == nil { try await send(held, to: socket, &faults) }
        if faults.strike(.neverClose) != nil { try await socket.waitUntilEnded() }
        await socket.close(code: .normal)
    }

    /// Ends the stream early.
    private func finish(_ socket: WebSocketConnection, _ code: Int) async {
        switch code {
        case 1000: await socket.close(code: .normal)
        case 1011: await socket.close(code: .internalError)
        default: await socket.cutWhenSent()
        }
    }

    private func text(_ bytes: [UInt8], _ demultiplexer: inout LogDemultiplexer) -> [UInt8] {
        var text = [UInt8]()
        demultiplexer.receive(bytes) { text += $1 }
        return text
    }
}
