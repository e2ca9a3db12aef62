import BenchmarkTransport

/// Returns the events of bytes that are delivered in pieces.
func webSocketEvents(
    _ pieces: [[UInt8]],
    _ receiver: inout WebSocketProtocol
) -> [WebSocketEvent] {
    var (input, output) = (ByteBuffer(), ByteBuffer())
    var events: [WebSocketEvent] = []
    for piece in pieces {
        input.append(contentsOf: piece)
        repeat {
            while let event = receiver.next(&input, &output) { events.append(event) }
        } while receiver.hasMore
    }
    return events
}

func webSocketFrames(_ message: WebSocketMessage, _ sender: inout WebSocketProtocol) -> [UInt8] {
    var output = ByteBuffer()
    message.bytes.withUnsafeBytes { bytes in
        if case .text = message {
            sender.send(text: bytes, to: &output)
        } else {
            sender.send(binary: bytes, to: &output)
        }
    }
    return output.take(output.count)
}

/// A generator of random numbers that are the same in every run.
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed &* 0x9e37_79b9_7f4a_7c15 &+ 1 }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}

/// Returns lines that look like a log.
func sampleText(_ count: Int, seed: UInt64) -> [UInt8] {
    var random = SeededRandom(seed: seed)
    var text: [UInt8] = []
    while text.count < count {
        let number = random.next()
        text += "12:00:\(number % 60) info step \(number >> 40 % 900) of the run took \(number >> 50) ms\n".utf8
    }
    return Array(text[..<count])
}

/// Returns bytes that cannot be compressed.
func sampleNoise(_ count: Int, seed: UInt64) -> [UInt8] {
    var random = SeededRandom(seed: seed)
    return (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next() >> 20) }
}
