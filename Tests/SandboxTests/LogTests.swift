import TestSupport
import Testing

@testable import BenchmarkSandbox

@Suite("Splitting and joining a command's log")
struct LogTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let log: [UInt8]
        let output: String
        let error: String
        var testDescription: String { name }
    }

    private static let out: [UInt8] = [1, 1, 1], err: [UInt8] = [2, 2, 2]

    static let cases = [
        Case(name: "nothing", log: [], output: "", error: ""),
        Case(name: "one line", log: out + "a\n".utf8, output: "a\n", error: ""),
        Case(
            name: "both streams in turn",
            log: out + "a\n".utf8 + err + "b\n".utf8 + out + "c\n".utf8,
            output: "a\nc\n",
            error: "b\n"
        ),
        Case(name: "a marker holds until the next", log: err + "a".utf8 + "b\n".utf8, output: "", error: "ab\n"),
        Case(name: "bytes before any marker are nobody's", log: "x".utf8 + out + "a".utf8, output: "a", error: ""),
        Case(name: "blanks alone", log: out + "  \n".utf8 + out + "\n".utf8, output: "  \n\n", error: ""),
        Case(
            name: "characters of several bytes in both streams",
            log: out + "é😀\n".utf8 + err + "日本\n".utf8 + out + "ž".utf8,
            output: "é😀\nž",
            error: "日本\n"
        ),
        Case(name: "what is no UTF-8", log: out + [0x61, 0xff, 0x62, 0xc3], output: "a\u{fffd}b\u{fffd}", error: ""),
        Case(name: "what could begin a marker, at the end", log: out + [0x61, 1, 1], output: "a\u{1}\u{1}", error: ""),
        Case(
            name: "what only resembles a marker",
            log: out + [1, 1, 0x61, 2, 2, 1],
            output: "\u{1}\u{1}a\u{2}\u{2}\u{1}",
            error: ""
        ),
    ]

    @Test("both streams are found however the bytes are split", arguments: cases, Chunking.allCases)
    func demultiplexes(_ example: Case, _ chunking: Chunking) {
        for pieces in chunking.deliveries(of: example.log) {
            var demultiplexer = LogDemultiplexer()
            var streams: [LogStream: [UInt8]] = [:]
            for piece in pieces { demultiplexer.receive(piece) { streams[$0, default: []] += $1 } }
            demultiplexer.finish { streams[$0, default: []] += $1 }
            #expect(String(decoding: streams[.standardOutput] ?? [], as: UTF8.self) == example.output)
            #expect(String(decoding: streams[.standardError] ?? [], as: UTF8.self) == example.error)
        }
    }

    private static func text(_ log: [UInt8]) -> String {
        var decoder = LogDecoder()
        return decoder.receive(log) + decoder.finish()
    }

    @Test("the text does not depend on how the bytes are split", arguments: cases, Chunking.allCases)
    func text(_ example: Case, _ chunking: Chunking) {
        for pieces in chunking.deliveries(of: example.log) {
            var decoder = LogDecoder()
            var text = ""
            for piece in pieces { text += decoder.receive(piece) }
            #expect(text + decoder.finish() == Self.text(example.log))
        }
    }

    @Test("a log that is followed again from its start, after any number of bytes, is delivered once", arguments: cases)
    func replays(_ example: Case) {
        for first in 0...example.log.count {
            for second in [0, first / 2, first, example.log.count] {
                var position = LogPosition()
                var taken = Array(position.take(Array(example.log[..<first])))
                position.beginReplay()
                taken += position.take(Array(example.log[..<second]))
                position.beginReplay()
                for byte in example.log { taken += position.take([byte]) }
                #expect(taken == example.log)
                #expect(position.offset == example.log.count)
            }
        }
    }

    @Test("the streams are the same as in a naive byte-by-byte split", arguments: 0..<50)
    func bytewise(_ seed: Int) {
        var state = UInt64(seed)
        let log = (0..<2000).map { _ -> UInt8 in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(state >> 33 & 3)
        }
        var (expected, current, index) = ([LogStream: [UInt8]](), LogStream?.none, 0)
        while index < log.count {
            if let stream = LogStream.allCases.first(where: { log[index...].starts(with: $0.marker) }) {
                current = stream
                index += 3
            } else {
                if let current { expected[current, default: []].append(log[index]) }
                index += 1
            }
        }
        let streams = LogDemultiplexer.split(log)
        #expect(streams.standardOutput == expected[.standardOutput] ?? [])
        #expect(streams.standardError == expected[.standardError] ?? [])
    }
}
