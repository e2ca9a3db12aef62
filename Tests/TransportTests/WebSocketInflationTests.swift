import BenchmarkTransport
import TestSupport
import Testing

@Suite("Receiving compressed messages, RFC 7692 §6 and §7.2.2")
struct WebSocketInflationTests {
    private static let hello = WebSocketMessage.text(Array("Hello".utf8))

    // MARK: Vectors

    struct Vector: Sendable, CustomTestStringConvertible {
        var name: String
        var frames: [(first: UInt8, payload: [UInt8])]
        var messages: [WebSocketMessage]
        var testDescription: String { name }
    }

    private static let compressedHello: [UInt8] = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00]

    static let vectors: [Vector] = [
        Vector(name: "§7.2.3.1 one frame", frames: [(0xc1, compressedHello)], messages: [hello]),
        Vector(
            name: "§7.2.3.1 two fragments",
            frames: [(0x41, [0xf2, 0x48, 0xcd]), (0x80, [0xc9, 0xc9, 0x07, 0x00])],
            messages: [hello]
        ),
        Vector(
            name: "§7.2.3.2 a message that refers to the one before it",
            frames: [(0xc1, compressedHello), (0xc1, [0xf2, 0x00, 0x11, 0x00, 0x00])],
            messages: [hello, hello]
        ),
        Vector(
            name: "§7.2.3.2 the same message twice",
            frames: [(0xc1, compressedHello), (0xc1, compressedHello)],
            messages: [hello, hello]
        ),
        Vector(
            name: "§7.2.3.3 a stored block",
            frames: [(0xc1, [0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00])],
            messages: [hello]
        ),
        Vector(
            name: "§7.2.3.4 a final block",
            frames: [(0xc1, [0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00])],
            messages: [hello]
        ),
        Vector(
            name: "§7.2.3.4 a final block, and a message that refers to it",
            frames: [
                (0xc1, [0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00]), (0xc1, [0xf2, 0x00, 0x11, 0x00, 0x00]),
            ],
            messages: [hello, hello]
        ),
        Vector(
            name: "§7.2.3.4 a final block at the end",
            frames: [(0xc1, compressedHello.dropLast() + [0x04]), (0xc1, compressedHello)],
            messages: [hello, hello]
        ),
        Vector(
            name: "§7.2.3.5 two blocks",
            frames: [(0xc1, [0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00])],
            messages: [hello]
        ),
        Vector(name: "§7.2.3.6 an empty message", frames: [(0xc2, [0x00])], messages: [.binary([])]),
        Vector(
            name: "§6 messages with and without compression in turn",
            frames: [(0xc1, compressedHello), (0x81, Array("Hello".utf8)), (0xc1, [0xf2, 0x00, 0x11, 0x00, 0x00])],
            messages: [hello, hello, hello]
        ),
        Vector(
            name: "§6 empty fragments and a Pong between",
            frames: [(0x41, []), (0x8a, []), (0x00, compressedHello), (0x80, [])],
            messages: [hello]
        ),
    ]

    @Test(
        "the examples of the specification are decoded in both roles however they are split",
        arguments: vectors,
        Chunking.allCases
    )
    func reads(_ vector: Vector, _ chunking: Chunking) {
        for role in WebSocketRole.allCases {
            let wire = vector.frames.flatMap { frame($0.first, $0.payload, masked: role == .server) }
            for pieces in chunking.deliveries(of: wire) {
                var receiver = WebSocketProtocol(role: role, deflate: WebSocketDeflate())
                let events = webSocketEvents(pieces, &receiver).filter { $0 != .pong([]) }
                #expect(events == vector.messages.map { .message($0) })
            }
        }
    }

    // MARK: Violations

    struct Failure: Sendable, CustomTestStringConvertible {
        var name: String
        var code: UInt16
        var frames: [(first: UInt8, payload: [UInt8])]
        var agreed: WebSocketDeflate? = WebSocketDeflate()
        var testDescription: String { name }
    }

    static let failures: [Failure] = [
        Failure(
            name: "RFC 6455 §5.2 RSV1 without agreement",
            code: 1002,
            frames: [(0xc1, compressedHello)],
            agreed: nil
        ),
        Failure(name: "§6 RSV1 on a Ping", code: 1002, frames: [(0xc9, [])]),
        Failure(name: "§6 RSV1 on a Pong", code: 1002, frames: [(0xca, [])]),
        Failure(name: "§6 RSV1 on a Close", code: 1002, frames: [(0xc8, [])]),
        Failure(
            name: "§6.1 RSV1 on a continuation of a compressed message",
            code: 1002,
            frames: [(0x41, [0xf2]), (0xc0, [])]
        ),
        Failure(name: "§6.1 RSV1 on a continuation of a plain message", code: 1002, frames: [(0x01, []), (0xc0, [0])]),
        Failure(name: "RFC 6455 §5.2 RSV2", code: 1002, frames: [(0xe1, compressedHello)]),
        Failure(name: "RFC 6455 §5.2 RSV3", code: 1002, frames: [(0xd1, compressedHello)]),
        Failure(name: "RFC 6455 §5.2 RSV1 with a reserved opcode", code: 1002, frames: [(0xc3, compressedHello)]),
        Failure(name: "§7.2.2 a block of a type that does not exist", code: 1007, frames: [(0xc1, [0x06, 0x00])]),
        Failure(
            name: "§7.2.2 a reference to before the beginning",
            code: 1007,
            frames: [(0xc1, [0xf2, 0x00, 0x11, 0x00, 0x00])]
        ),
        Failure(
            name: "§7.2.2 a stored block of a wrong length",
            code: 1007,
            frames: [(0xc1, [0x00, 0x05, 0x00, 0x00, 0x00])]
        ),
        Failure(name: "§7.2.2 an end within a block", code: 1007, frames: [(0xc1, Array(compressedHello.dropLast(2)))]),
        Failure(
            name: "§7.2.2 an end within a stored block",
            code: 1007,
            frames: [(0xc1, [0x00, 0x20, 0x00, 0xdf, 0xff, 0x48])]
        ),
        Failure(
            name: "§7.2.1 no empty block at the end",
            code: 1007,
            frames: [(0xc1, [0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00])]
        ),
        Failure(name: "§7.2.1 not even an empty block", code: 1007, frames: [(0xc1, [])]),
        Failure(
            name: "§7.1.1 a reference to a message that may not be referred to",
            code: 1007,
            frames: [(0xc1, compressedHello), (0xc1, [0xf2, 0x00, 0x11, 0x00, 0x00])],
            agreed: WebSocketDeflate(server: .init(keepsContext: false), client: .init(keepsContext: false))
        ),
        Failure(
            name: "RFC 6455 §8.1 no UTF-8 after decompression",
            code: 1007,
            frames: [(0xc1, [0x00, 0x01, 0x00, 0xfe, 0xff, 0xff, 0x00])]
        ),
        Failure(
            name: "RFC 6455 §8.1 an end within a character after decompression",
            code: 1007,
            frames: [(0xc1, [0x00, 0x01, 0x00, 0xfe, 0xff, 0xc3, 0x00])]
        ),
        Failure(
            name: "RFC 6455 §5.4 a compressed message within another",
            code: 1002,
            frames: [(0x41, [0xf2]), (0xc1, [0])]
        ),
    ]

    @Test(
        "violations are refused with the right code in both roles however frames are split",
        arguments: failures,
        Chunking.allCases
    )
    func refuses(_ failure: Failure, _ chunking: Chunking) {
        for role in WebSocketRole.allCases {
            let masked = role == .server
            let wire = (failure.frames + [(0x82, [7])]).flatMap { frame($0.first, $0.payload, masked: masked) }
            for pieces in chunking.deliveries(of: wire) {
                var receiver = WebSocketProtocol(role: role, deflate: failure.agreed)
                let events = webSocketEvents(pieces, &receiver)
                guard case .failed(let error)? = events.last else {
                    Issue.record("no failure: \(events)")
                    return
                }
                #expect(error.closeCode.rawValue == failure.code)
            }
        }
    }

    @Test("a compressed text fails at its first byte that is not valid UTF-8, RFC 6455 §8.1")
    func failsFast() {
        var receiver = WebSocketProtocol(role: .client, deflate: WebSocketDeflate())
        let begin: [UInt8] = [0x41, 0x7e, 0x10, 0x00, 0x00, 0x08, 0x00, 0xf7, 0xff, 0x61]
        #expect(webSocketEvents([begin], &receiver).isEmpty)
        guard case .failed(let error)? = webSocketEvents([[0xff]], &receiver).last else {
            Issue.record("no failure")
            return
        }
        #expect(error.closeCode == .invalidPayload)
    }

    // MARK: Limits

    @Test("a message that inflates beyond the limit is refused with 1009 before all of it has arrived, RFC 6455 §7.4.1")
    func bomb() {
        let wire = Self.bombFrame(32 << 20)
        #expect(wire.count < 1 << 20)
        var limits = WebSocketLimits()
        limits.maxMessageBytes = 1 << 20
        var receiver = WebSocketProtocol(role: .server, limits: limits, deflate: WebSocketDeflate())
        guard case .failed(let error)? = webSocketEvents([Array(wire.prefix(wire.count / 16))], &receiver).last else {
            Issue.record("no failure")
            return
        }
        #expect(error.closeCode == .messageTooBig)
    }

    /// A small frame that inflates to many megabytes, more than a sender here would compress.
    private static func bombFrame(_ count: Int = 8 << 20) -> [UInt8] {
        let zeros = [UInt8](repeating: 0, count: count)
        let payload = zeros.withUnsafeBytes { MessageDeflater(.init())?.compress($0) }
        return frame(0xc2, payload?.withReadableBytes { Array($0) } ?? [], masked: true)
    }

    @Test("a message is decompressed a little at a time, and continued when called again")
    func bounded() {
        var receiver = WebSocketProtocol(role: .server, deflate: WebSocketDeflate())
        var (input, output) = (ByteBuffer(), ByteBuffer())
        input.append(contentsOf: Self.bombFrame())
        var calls = 0
        repeat {
            calls += 1
            if case .message(let message)? = receiver.next(&input, &output) { #expect(message.bytes.count == 8 << 20) }
        } while receiver.hasMore
        #expect((5...9).contains(calls))
        #expect(input.isEmpty)
    }

    @Test("a long message stays with the peer until somebody awaits it, RFC 7692 §8")
    func held() {
        var receiver = WebSocketProtocol(role: .server, deflate: WebSocketDeflate())
        receiver.holdsAbove = 1000
        var (input, output) = (ByteBuffer(), ByteBuffer())
        input.append(contentsOf: Self.bombFrame())
        let count = input.count
        #expect(receiver.next(&input, &output) == nil)
        #expect(receiver.isHolding && !receiver.hasMore)
        #expect(count - input.count < 1200)
        receiver.holdsAbove = nil
        var messages = 0
        repeat { if receiver.next(&input, &output) != nil { messages += 1 } } while receiver.hasMore
        #expect(messages == 1)
    }

    @Test("messages that nobody wants are skipped, whatever is in them, and Pings between them are answered")
    func discarded() {
        var receiver = WebSocketProtocol(role: .server, deflate: WebSocketDeflate())
        receiver.discardMessages()
        var sender = WebSocketProtocol(role: .client)
        var wire = ByteBuffer()
        sender.ping([7], to: &wire)
        let nonsense: [UInt8] = [0xc2, 0x83, 0, 0, 0, 0, 0xff, 0xff, 0xff]
        let pieces = [Self.bombFrame(), nonsense, wire.take(wire.count)]
        #expect(webSocketEvents(pieces, &receiver) == [.ping])
    }

    @Test(
        "whichever comes first, invalid UTF-8 or the limit, decides, however the bytes are split, RFC 6455 §7.4.1",
        arguments: [(1400, WebSocketCloseCode.invalidPayload), (1600, .messageTooBig)],
        Chunking.allCases
    )
    func firstMistake(_ example: (validCount: Int, code: WebSocketCloseCode), _ chunking: Chunking) {
        let text = [UInt8](repeating: 0x61, count: example.validCount) + [0xff] + [UInt8](repeating: 0x62, count: 400)
        var limits = WebSocketLimits()
        limits.maxMessageBytes = 1500
        var sender = WebSocketProtocol(role: .client, deflate: WebSocketDeflate())
        for pieces in chunking.deliveries(of: webSocketFrames(.text(text), &sender)) {
            var receiver = WebSocketProtocol(role: .server, limits: limits, deflate: WebSocketDeflate())
            guard case .failed(let error)? = webSocketEvents(pieces, &receiver).last else {
                Issue.record("no failure")
                return
            }
            #expect(error.closeCode == example.code)
        }
    }

    @Test("at most one piece more than wanted is decompressed")
    func pieces() throws {
        let deflater = try #require(MessageDeflater(.init()))
        let zeros = [UInt8](repeating: 0, count: 8 << 20)
        let payload = try #require(zeros.withUnsafeBytes { deflater.compress($0) })
        var taken = 0
        var failure: WebSocketProtocolError?
        let compressed = payload.withReadableBytes { Array($0) }
        compressed.withUnsafeBytes { bytes in
            do throws(WebSocketProtocolError) {
                try MessageInflater(.init()).inflate(bytes) { (piece) throws(WebSocketProtocolError) in
                    taken += piece.count
                    #expect(piece.count <= MessageInflater.pieceCount)
                    if taken > 100_000 { throw WebSocketProtocolError(.normal, "enough") }
                }
            } catch { failure = error }
        }
        #expect(failure?.message == "enough")
        #expect(taken <= 100_000 + MessageInflater.pieceCount)
    }

    @Test("the limit applies to the decompressed message, exact to the byte", arguments: [-1, 0, 1])
    func limit(_ difference: Int) {
        let deflate = WebSocketDeflate()
        var limits = WebSocketLimits()
        limits.maxMessageBytes = 100_000
        var sender = WebSocketProtocol(role: .server, deflate: deflate)
        var receiver = WebSocketProtocol(role: .client, limits: limits, deflate: deflate)
        let message = WebSocketMessage.binary(sampleText(100_000 + difference, seed: 3))
        let events = webSocketEvents([webSocketFrames(message, &sender)], &receiver)
        if difference <= 0 {
            #expect(events == [.message(message)])
        } else if case .failed(let error)? = events.last {
            #expect(error.closeCode == .messageTooBig)
        } else {
            Issue.record("no failure")
        }
    }
}
