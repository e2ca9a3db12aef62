import BenchmarkTransport
import TestSupport
import Testing

/// Returns a frame as it is on the wire, masked with a fixed key if it is a client's.
func frame(
    _ first: UInt8,
    _ payload: [UInt8] = [],
    masked: Bool,
    mask: [UInt8] = [0x37, 0xFA, 0x21, 0x3D]
) -> [UInt8] {
    let bit: UInt8 = masked ? 0x80 : 0
    var bytes = [first]
    switch payload.count {
    case 0...125: bytes.append(bit | UInt8(payload.count))
    case 126...0xFFFF: bytes += [bit | 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
    default: bytes += [bit | 127] + (0..<8).reversed().map { UInt8(truncatingIfNeeded: payload.count >> (8 * $0)) }
    }
    if !masked { return bytes + payload }
    return bytes + mask + payload.enumerated().map { $1 ^ mask[$0 & 3] }
}

@Suite("WebSocketProtocol receiving, RFC 6455")
struct WebSocketProtocolTests {
    struct Frame: Sendable {
        var first: UInt8
        var payload: [UInt8]
        init(_ first: UInt8, _ payload: [UInt8] = []) { (self.first, self.payload) = (first, payload) }
        init(_ first: UInt8, _ text: String) { self.init(first, Array(text.utf8)) }
    }

    struct Example: Sendable, CustomTestStringConvertible {
        var name: String
        var frames: [Frame]
        var events: [WebSocketEvent]
        /// The first byte and payload of each frame in the answer.
        var answers: [[UInt8]]
        var lenient = false
        var testDescription: String { name }

        init(
            _ name: String,
            _ frames: [Frame],
            _ events: [WebSocketEvent],
            answers: [[UInt8]] = [],
            lenient: Bool = false
        ) {
            (self.name, self.frames, self.events, self.answers) = (name, frames, events, answers)
            self.lenient = lenient
        }
    }

    @Test("frames are decoded the same in both roles however they are split", arguments: examples, Chunking.allCases)
    func receives(_ example: Example, _ chunking: Chunking) {
        for role in [WebSocketRole.server, .client] {
            let wire = example.frames.flatMap { frame($0.first, $0.payload, masked: role == .server) }
            for pieces in chunking.deliveries(of: wire) {
                let (events, output) = Self.run(pieces, role: role, lenient: example.lenient)
                #expect(events == example.events)
                #expect(Self.unframed(output, masked: role == .client) == example.answers)
            }
        }
    }

    @Test(
        "violations fail with the right code in both roles however frames are split",
        arguments: failures,
        Chunking.allCases
    )
    func fails(_ example: Failure, _ chunking: Chunking) {
        for role in [WebSocketRole.server, .client] {
            let wire = example.wire(role == .server) + frame(0x81, Array("after".utf8), masked: role == .server)
            for pieces in chunking.deliveries(of: wire) {
                let (events, output) = Self.run(pieces, role: role, limits: Self.smallLimits)
                guard case .failed(let error)? = events.last else {
                    Issue.record("no failure: \(events)")
                    return
                }
                #expect(error.closeCode.rawValue == example.code)
                #expect(!events.contains(.message(.text(Array("after".utf8)))))
                let answer = Self.unframed(output, masked: role == .client)
                #expect(answer.count == 1)
                let code = [UInt8(example.code >> 8), UInt8(example.code & 0xFF)]
                #expect(answer.first.map { Array($0.prefix(3)) } == [0x88] + code)
            }
        }
    }

    static let smallLimits: WebSocketLimits = {
        var limits = WebSocketLimits()
        limits.maxMessageBytes = 1000
        return limits
    }()

    /// Feeds pieces the way a connection would, and checks that less than a header is left in the input after each.
    private static func run(
        _ pieces: [[UInt8]],
        role: WebSocketRole,
        limits: WebSocketLimits = WebSocketLimits(),
        lenient: Bool = false
    ) -> (events: [WebSocketEvent], output: [UInt8]) {
        var websocket = WebSocketProtocol(role: role, limits: limits, acceptsInvalidText: lenient)
        var (input, output) = (ByteBuffer(), ByteBuffer())
        var events: [WebSocketEvent] = []
        for piece in pieces {
            input.append(contentsOf: piece)
            while let event = websocket.next(&input, &output) { events.append(event) }
            websocket.answerEnd(to: &output)
            #expect(input.count < 14)
        }
        return (events, output.take(output.count))
    }

    /// Returns the frames in the bytes, each as its first byte and its payload.
    private static func unframed(_ bytes: [UInt8], masked: Bool) -> [[UInt8]] {
        var (frames, rest) = ([[UInt8]](), bytes[...])
        while let first = rest.popFirst(), let second = rest.popFirst() {
            #expect((second & 0x80 != 0) == masked)
            // answers are control frames: their length has one byte
            let mask = masked ? Array(rest.prefix(4)) : [0, 0, 0, 0]
            rest = rest.dropFirst(masked ? 4 : 0)
            frames.append([first] + rest.prefix(Int(second & 0x7F)).enumerated().map { $1 ^ mask[$0 & 3] })
            rest = rest.dropFirst(Int(second & 0x7F))
        }
        return frames
    }
}

extension WebSocketProtocolTests {
    private static let long = [UInt8](repeating: UInt8(ascii: "x"), count: 300)
    private static let huge = [UInt8](repeating: UInt8(ascii: "y"), count: 70_000)

    static let examples: [Example] = [
        Example("text", [Frame(0x81, "Hello")], [.message(.text(Array("Hello".utf8)))]),
        Example("binary", [Frame(0x82, [0, 0xFF])], [.message(.binary([0, 0xFF]))]),
        Example("empty messages", [Frame(0x81), Frame(0x82)], [.message(.text([])), .message(.binary([]))]),
        Example("a length of 16 bits", [Frame(0x81, long)], [.message(.text(long))]),
        Example("a length of 64 bits", [Frame(0x82, huge)], [.message(.binary(huge))]),
        Example(
            "fragments, some of them empty",
            [Frame(0x01, "a"), Frame(0x00), Frame(0x00, "b"), Frame(0x80, "c")],
            [.message(.text(Array("abc".utf8)))]
        ),
        Example(
            "control frames between fragments",
            [Frame(0x02, "a"), Frame(0x89, "p"), Frame(0x00, "b"), Frame(0x8A, "q"), Frame(0x80, "c")],
            [.ping, .pong(Array("q".utf8)), .message(.binary(Array("abc".utf8)))],
            answers: [[0x8A, UInt8(ascii: "p")]]
        ),
        Example(
            "pings of no and of 125 bytes",
            [Frame(0x89), Frame(0x89, Array(long[..<125]))],
            [.ping, .ping],
            answers: [[0x8A], [0x8A] + long[..<125]]
        ),
        Example(
            "a character in two fragments",
            [Frame(0x01, [0xC3]), Frame(0x80, [0xA9])],
            [.message(.text([0xC3, 0xA9]))]
        ),
        Example(
            "the borders of UTF-8",
            [Frame(0x81, "\u{0}\u{7F}\u{80}\u{7FF}\u{800}\u{D7FF}\u{E000}\u{FFFF}\u{10000}\u{10FFFF}")],
            [.message(.text(Array("\u{0}\u{7F}\u{80}\u{7FF}\u{800}\u{D7FF}\u{E000}\u{FFFF}\u{10000}\u{10FFFF}".utf8)))]
        ),
        Example(
            "any bytes as text if lenient",
            [Frame(0x81, [0xFF, 0xC3])],
            [.message(.text([0xFF, 0xC3]))],
            lenient: true
        ),
        Example(
            "a close with code and reason, and nothing after it",
            [Frame(0x88, [0x03, 0xE8] + Array("é".utf8)), Frame(0x81, "a")],
            [.closed(code: .normal, reason: "é")],
            answers: [[0x88, 0x03, 0xE8]]
        ),
        Example(
            "a close without a code",
            [Frame(0x88), Frame(0x89)],
            [.closed(code: nil, reason: "")],
            answers: [[0x88]]
        ),
        Example(
            "a close inside a message",
            [Frame(0x01, "a"), Frame(0x88, [0x0F, 0xA0])],
            [.closed(code: WebSocketCloseCode(rawValue: 4000), reason: "")],
            answers: [[0x88, 0x0F, 0xA0]]
        ),
    ]

    struct Failure: Sendable, CustomTestStringConvertible {
        var name: String
        var code: UInt16
        var wire: @Sendable (_ masked: Bool) -> [UInt8]
        var testDescription: String { name }

        init(_ name: String, _ code: UInt16, _ frames: Frame...) {
            self.init(name, code) { masked in frames.flatMap { frame($0.first, $0.payload, masked: masked) } }
        }

        init(_ name: String, _ code: UInt16, wire: @escaping @Sendable (Bool) -> [UInt8]) {
            (self.name, self.code, self.wire) = (name, code, wire)
        }
    }

    static let failures: [Failure] =
        [
            Failure("§5.1 masking the wrong way", 1002) { frame(0x81, Array("a".utf8), masked: !$0) },
            Failure("§5.2 RSV1", 1002, Frame(0xC1, "a")), Failure("§5.2 RSV2", 1002, Frame(0xA1, "a")),
            Failure("§5.2 RSV3", 1002, Frame(0x91, "a")), Failure("§5.2 RSV1 on a ping", 1002, Frame(0xC9)),
            Failure("§5.2 length 126 in 16 bits too many", 1002) { [0x82, ($0 ? 0x80 : 0) | 126, 0, 125] },
            Failure("§5.2 length in 64 bits too many", 1002) {
                [0x82, ($0 ? 0x80 : 0) | 127, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
            },
            Failure("§5.2 length 2^63", 1002) { [0x82, ($0 ? 0x80 : 0) | 127, 0x80, 0, 0, 0, 0, 0, 0, 0] },
            Failure("a length of 2^63 - 1", 1009) {
                [0x82, ($0 ? 0x80 : 0) | 127, 0x7F] + [UInt8](repeating: 0xFF, count: 7)
            },
            Failure("§5.4 a continuation of nothing", 1002, Frame(0x80, "a")),
            Failure("§5.4 an open continuation of nothing", 1002, Frame(0x00, "a")),
            Failure("§5.4 a message inside another", 1002, Frame(0x01, "a"), Frame(0x81, "b")),
            Failure("§5.4 a continuation after the end", 1002, Frame(0x01, "a"), Frame(0x80, "b"), Frame(0x80, "c")),
            Failure("§5.5 a ping of 126 bytes", 1002, Frame(0x89, Array(long[..<126]))),
            Failure("§5.5 a ping in fragments", 1002, Frame(0x09, "a")),
            Failure("§5.5 a close in fragments", 1002, Frame(0x08)),
            Failure("§5.5.1 a close of one byte", 1002, Frame(0x88, [3])),
            Failure("§5.5.1 a close reason that is no UTF-8", 1007, Frame(0x88, [0x03, 0xE8, 0xFF])),
            Failure("§8.1 a text that ends inside a character", 1007, Frame(0x81, [0xE2, 0x82])),
            Failure("§8.1 a text broken by its second fragment", 1007, Frame(0x01, [0xC3]), Frame(0x00, [0x28])),
            Failure("a frame one byte too long", 1009, Frame(0x82, [UInt8](repeating: 0, count: 1001))),
            Failure(
                "fragments one byte too long together",
                1009,
                Frame(0x02, [UInt8](repeating: 0, count: 999)),
                Frame(0x00, [0]),
                Frame(0x80, [0])
            ),
        ]
        + [3, 4, 5, 6, 7, 0xB, 0xC, 0xD, 0xE, 0xF].map { Failure("§5.2 opcode \($0)", 1002, Frame(0x80 | $0)) }
        + [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535].map { code in
            Failure("§7.4 a close with code \(code)", 1002, Frame(0x88, [UInt8(code >> 8), UInt8(code & 0xFF)]))
        }
        + [
            [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x80, 0x80], [0xE0, 0x9F, 0xBF], [0xED, 0xA0, 0x80],
            [0xED, 0xBF, 0xBF], [0xF0, 0x80, 0x80, 0x80], [0xF0, 0x8F, 0xBF, 0xBF], [0xF4, 0x90, 0x80, 0x80],
            [0xF5, 0x80], [0xF8, 0x88, 0x80], [0xFE], [0xFF], [0xC3, 0xC3], [0xE2, 0x82, 0x41],
            [0xCE, 0xBA, 0xE1, 0xBD, 0xB9, 0xFF],
        ].map { bytes in Failure("§8.1 text of bytes \(bytes)", 1007, Frame(0x81, Array("abcdefgh".utf8) + bytes)) }

    @Test("a text that is not valid UTF-8 is refused before its frame is complete")
    func failsFast() {
        var websocket = WebSocketProtocol(role: .client)
        var (input, output) = (ByteBuffer([0x81, 126, 0x10, 0x00, 0x61, 0xF4]), ByteBuffer())
        #expect(websocket.next(&input, &output) == nil)
        input.append(0x90)
        guard case .failed(let error)? = websocket.next(&input, &output) else {
            Issue.record("no failure")
            return
        }
        #expect(error.closeCode == .invalidPayload)
        input.append(0x20)
        #expect(websocket.next(&input, &output) == nil)
        #expect(input.isEmpty)
    }

    @Test("the payload of a large frame is moved out of the input as it arrives")
    func streaming() {
        var websocket = WebSocketProtocol(role: .client)
        var (input, output) = (ByteBuffer([0x82, 127, 0, 0, 0, 0, 0, 0xF0, 0, 0]), ByteBuffer())
        #expect(websocket.next(&input, &output) == nil)
        let piece = [UInt8](repeating: 7, count: 0xF000)
        for number in 1...0x100 {
            input.append(contentsOf: piece)
            let event = websocket.next(&input, &output)
            #expect(input.isEmpty)
            #expect((event != nil) == (number == 0x100))
        }
        #expect(input.capacity < 4 * piece.count)
    }
}
