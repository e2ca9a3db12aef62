import TestSupport
import Testing

@testable import BenchmarkTransport

@Suite("Sending compressed messages, RFC 7692 §6 and §7.2.1")
struct WebSocketCompressionTests {
    static let directions: [WebSocketDeflate.Direction] = [8, 9, 12, 15].flatMap { bits in
        [true, false].map { WebSocketDeflate.Direction(windowBits: bits, keepsContext: $0) }
    }

    @Test(
        "messages are carried with every window size, with and without context takeover",
        arguments: directions,
        Chunking.allCases
    )
    func roundTrip(_ direction: WebSocketDeflate.Direction, _ chunking: Chunking) {
        let count = chunking == .splits ? 3000 : 12_000
        let messages: [WebSocketMessage] = [
            .text(sampleText(count, seed: 1)), .binary([1, 2, 3]), .text(sampleText(count, seed: 1)), .text([]),
            .binary(sampleNoise(count / 2, seed: 2)), .binary([UInt8](repeating: 0, count: count)),
        ]
        let deflate = WebSocketDeflate(server: direction, client: direction)
        for role in WebSocketRole.allCases {
            var sender = WebSocketProtocol(role: role == .server ? .client : .server, deflate: deflate)
            let wire = messages.flatMap { webSocketFrames($0, &sender) }
            for pieces in chunking.deliveries(of: wire) {
                var receiver = WebSocketProtocol(role: role, deflate: deflate)
                let isSame = webSocketEvents(pieces, &receiver) == messages.map { .message($0) }
                #expect(isSame)
            }
        }
    }

    @Test("random messages of mixed sizes are carried in both directions at once", arguments: 0..<12 as Range<UInt64>)
    func random(_ seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let server = Self.directions.randomElement(using: &random) ?? .init()
        let client = Self.directions.randomElement(using: &random) ?? .init()
        let deflate = WebSocketDeflate(server: server, client: client)
        var peers = WebSocketRole.allCases.map { WebSocketProtocol(role: $0, deflate: deflate) }
        for _ in 0..<60 {
            let from = Int.random(in: 0...1, using: &random)
            let count = [0, 1, 1023, 1024, 1025, 4096, 20_000, 70_000, 300_000].randomElement(using: &random) ?? 0
            let seed = UInt64.random(in: 0..<4, using: &random)
            let message: WebSocketMessage =
                Bool.random(using: &random)
                ? .text(sampleText(count, seed: seed)) : .binary(sampleNoise(count, seed: seed))
            let wire = webSocketFrames(message, &peers[from])
            let isSame = webSocketEvents([wire], &peers[1 - from]) == [.message(message)]
            #expect(isSame)
        }
    }

    @Test("damaged messages are decoded or refused, §7.2.2", arguments: 0..<4 as Range<UInt64>)
    func damaged(_ seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var sender = WebSocketProtocol(role: .server, deflate: WebSocketDeflate())
        let wire = webSocketFrames(.binary(sampleText(2000, seed: seed)), &sender)
        for _ in 0..<300 {
            var damaged = wire
            for _ in 0..<3 {
                damaged[Int.random(in: 4..<wire.count, using: &random)] = UInt8(truncatingIfNeeded: random.next())
            }
            var receiver = WebSocketProtocol(role: .client, deflate: WebSocketDeflate())
            switch webSocketEvents([damaged], &receiver).first {
            case .message: break
            case .failed(let error): #expect(error.closeCode == .invalidPayload)
            case let other: Issue.record("\(String(describing: other))")
            }
        }
    }

    @Test("messages of 1 KiB or more are compressed, in one frame, and shorter ones are not, §6")
    func threshold() {
        var sender = WebSocketProtocol(role: .server, deflate: WebSocketDeflate())
        let short = sampleText(1023, seed: 1)
        #expect(webSocketFrames(.text(short), &sender) == frame(0x81, short, masked: false))
        let long = webSocketFrames(.text(sampleText(1024, seed: 1)), &sender)
        #expect(long.first == 0xc1)
        #expect(long.count < 600)
        let again = webSocketFrames(.text(sampleText(1024, seed: 1)), &sender)
        #expect(again.first == 0xc1)
        #expect(again.count < 40)
    }

    @Test("messages of up to 1 MiB are compressed, and longer ones are not because that takes time, §6")
    func ceiling() {
        var sender = WebSocketProtocol(role: .server, deflate: WebSocketDeflate())
        let longest = [UInt8](repeating: 7, count: 1 << 20)
        let compressed = webSocketFrames(.binary(longest), &sender)
        #expect(compressed.first == 0xc2 && compressed.count < 10_000)
        // Outside the macro, which would compute the difference of two long arrays.
        let isPlain = webSocketFrames(.binary(longest + [7]), &sender) == frame(0x82, longest + [7], masked: false)
        #expect(isPlain)
        // The next message refers only to messages that were compressed.
        var receiver = WebSocketProtocol(role: .client, deflate: WebSocketDeflate())
        let again = webSocketFrames(.binary(longest), &sender)
        let expected = WebSocketEvent.message(.binary(longest))
        let isReceived = webSocketEvents([compressed, again], &receiver) == [expected, expected]
        #expect(isReceived)
    }

    @Test("a direction has no context before its first compressed message, §7.1.1")
    func lazyContexts() {
        let (short, long) = (sampleText(1023, seed: 1), sampleText(2000, seed: 1))
        var sender = WebSocketProtocol(role: .server, deflate: WebSocketDeflate())
        var receiver = WebSocketProtocol(role: .client, deflate: WebSocketDeflate())
        for (message, hasContext) in [(short, false), (long, true)] {
            let frames = webSocketFrames(.text(message), &sender)
            #expect(webSocketEvents([frames], &receiver) == [.message(.text(message))])
            #expect(sender.deflater?.hasContext == hasContext && receiver.inflater?.hasContext == hasContext)
            #expect(sender.inflater?.hasContext == false && receiver.deflater?.hasContext == false)
        }
    }

    @Test("a message that does not shrink is sent uncompressed if no later message refers to it, §6")
    func incompressible() {
        let noise = sampleNoise(5000, seed: 5)
        let direction = WebSocketDeflate.Direction(keepsContext: false)
        var sender = WebSocketProtocol(role: .server, deflate: WebSocketDeflate(server: direction))
        #expect(webSocketFrames(.binary(noise), &sender) == frame(0x82, noise, masked: false))
        sender = WebSocketProtocol(role: .server, deflate: WebSocketDeflate())
        #expect(webSocketFrames(.binary(noise), &sender).first == 0xc2)
    }

    @Test("an empty message is written as specified, §7.2.3.6")
    func empty() throws {
        let deflater = try #require(MessageDeflater(.init(windowBits: 9)))
        for _ in 0..<2 {
            var payload = try #require(deflater.compress(UnsafeRawBufferPointer(start: nil, count: 0)))
            #expect(payload.take(2) == [0])
        }
    }
}
