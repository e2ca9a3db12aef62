import BenchmarkTransport
import TestSupport
import Testing

@Suite("HTTPDecoder against hostile requests, RFC 9112 §11")
struct HTTPAttackTests {
    struct Attack: Sendable, CustomTestStringConvertible {
        var wire: [UInt8]
        /// Any of these; where the grammar and a ceiling are both broken the order of judging is open.
        var statuses: [String]
        var testDescription: String { String(decoding: wire.prefix(120), as: UTF8.self).debugDescription }

        init(_ wire: String, _ statuses: [Int] = [400]) { self.init(Array(wire.utf8), statuses) }
        init(_ wire: [UInt8], _ statuses: [Int] = [400]) {
            (self.wire, self.statuses) = (wire, statuses.map { "failed \($0)" })
        }

        private static func orBadRequest(_ statuses: [Int]) -> [Int] { statuses.isEmpty ? [400] : statuses }

        static func line(_ line: String, _ statuses: Int...) -> Attack {
            Attack(line + "\r\nHost: x\r\n\r\n", orBadRequest(statuses))
        }
        static func field(_ field: String, _ statuses: Int...) -> Attack {
            Attack("GET / HTTP/1.1\r\nHost: x\r\n" + field + "\r\n\r\n", orBadRequest(statuses))
        }
        static func host(_ host: String) -> Attack { Attack("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n") }
        static func chunk(_ body: String, _ statuses: Int...) -> Attack {
            Attack("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + body, orBadRequest(statuses))
        }
    }

    @Test("are refused with the right status however they are cut", arguments: attacks, Chunking.allCases)
    func refusal(_ attack: Attack, _ chunking: Chunking) {
        // a request glued behind must not be decoded
        let wire = attack.wire + Array("GET /smuggled HTTP/1.1\r\n\r\n".utf8)
        for pieces in chunking.deliveries(of: wire) {
            let lines = HTTPTranscript.of(pieces, role: .server)
            #expect(attack.statuses.contains(lines.last ?? ""), "\(lines)")
            #expect(!lines.contains { $0.contains("smuggled") })
        }
    }

    static let attacks: [Attack] = requestLines + targets + hosts + fields + framings + chunks

    private static let requestLines: [Attack] = [
        .line(" GET / HTTP/1.1"), .line("\tGET / HTTP/1.1"), Attack("GET / HTTP/1.1\nHost: x\n\n"),
        Attack("GET / HTTP/1.1\rHost: x\r\n\r\n"), .line("GET  / HTTP/1.1"), .line("GET /  HTTP/1.1"),
        .line("GET\t/\tHTTP/1.1"), .line("GET / HTTP/1.1 "), .line("GET / HTTP/1.1 x"), .line("GET HTTP/1.1"),
        .line("GET  HTTP/1.1"), .line("GET /"), .line("GET"), .line("   "), .line("GE(T / HTTP/1.1"),
        .line("G\0ET / HTTP/1.1"), .line("GÉT / HTTP/1.1"), .line("GET: / HTTP/1.1"), .line("\"GET\" / HTTP/1.1"),
        .line("GET / HTTP/1."), .line("GET / HTTP/11"), .line("GET / HTTP/1.1a"), .line("GET / HTTP/1.10"),
        .line("GET / http/1.1"), .line("GET / HTTP/+1.1"), .line("GET / HTTP/1.1\0"), .line("GET / HTTPS/1.1"),
        .line("GET / HTTP/0.9", 505), .line("GET / HTTP/2.0", 505), .line("PRI * HTTP/2.0", 505),
        Attack("\r\n\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\n\r\n"), Attack("\n\nGET / HTTP/1.1\r\n\r\n"),
        Attack([0x16, 0x03, 0x01, 0x00, 0x2F, 0x01]),
    ]

    private static let targets: [Attack] = [
        .line("GET * HTTP/1.1"), .line("GET health HTTP/1.1"), .line("GET \\health HTTP/1.1"),
        .line("GET /a\u{1} HTTP/1.1"), .line("GET /\u{7F} HTTP/1.1"), .line("GET /a\rb HTTP/1.1"),
        .line("GET /a b HTTP/1.1"), .line("GET /é HTTP/1.1"), .line("GET /a#b HTTP/1.1"),
        .line("GET http:///a HTTP/1.1"),
        .line("GET http://u@h/a HTTP/1.1"), .line("GET 1http://h/a HTTP/1.1"), .line("GET http://:80/ HTTP/1.1"),
        .line("CONNECT / HTTP/1.1"), .line("CONNECT h HTTP/1.1"), .line("CONNECT :1 HTTP/1.1"),
        .line("CONNECT http://h/ HTTP/1.1"),
    ]

    private static let hosts: [Attack] =
        ["a b", "foo/bar", "a:b:c", "a:port", "[::1", "[]", "[::1]x", "a\\b", "a?b", "a#b", "a<b>", "a\"b", "u@h"]
        .map(Attack.host) + [.field("Host: x"), .field("Host: y"), .field("hOST:")]

    private static let fields: [Attack] =
        [
            "A : 1", "A\t: 1", " A: 1", "\tA: 1", "A A: 1", ": 1", "garbage", "A: 1\r\n 2", "A: a\rb", "A: a\0b",
            "A: a\u{1}b", "A: a\u{7F}b", "A: 1\r", "A: 1\nB: 2", "\r\r\n", "É: 1",
        ].map { .field($0) } + "\u{0}\u{1}\u{B}\u{7F}@(\"[{/,;=<>?\\".map { .field("X\($0)A: 1") }

    private static let framings: [Attack] = {
        let badLengths = [
            "", "abc", "-1", "+5", "5 5", "5a", "0x5", "5.0", "5,6", "5, 5", "5;", "\"5\"", "5_0", "٥", "5\0",
        ]
        let tooLong = ["9223372036854775808", "18446744073709551621", "67108865", String(repeating: "9", count: 400)]
        let badCodings = [
            "", "chunked, chunked", "chunked;q=1", "\"chunked\"", "chun ked", "chunked x", "chunked\0", "\u{B}chunked",
            "\u{A0}chunked", "chunked,", ",chunked", "chun\u{212A}ed",
        ]
        let otherCodings = [
            "identity", "xchunked", "gzip", "chunked, identity", "gzip, chunked", "identity, chunked", "'chunked'",
        ]
        let both = [
            "Content-Length: 5\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nContent-Length: 5",
            "Transfer-Encoding: chunked\r\nContent-Length: 0", "Content-Length: 5\r\nContent-Length: 5",
            "Content-Length: 5\r\nContent-Length: 6", "Content-Length: 5\r\nContent-Length:",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "Content-Length: 5\r\nTransfer-Encoding: x",
            "Transfer-Encoding\0: chunked\r\nContent-Length: 5", "Transfer-Encoding : chunked\r\nContent-Length: 5",
            "Transfer-Encoding:\r\n chunked\r\nContent-Length: 5",
        ]
        let old = "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        return badLengths.map { .field("Content-Length: \($0)") }
            + tooLong.map { .field("Content-Length: \($0)", 413, 400) }
            + badCodings.map { .field("Transfer-Encoding: \($0)", 400, 501) }
            + otherCodings.map { .field("Transfer-Encoding: \($0)", 501, 400) } + both.map { .field($0) } + [
                Attack(old)
            ]
    }()

    private static let chunks: [Attack] = {
        let sizes = [
            "", "xyz", "-5", "+5", "0x5", "5x", "1 2", " 5", "\t5", "5_", "5.", "\"5\"", "5,", "=5", "\0" + "5", "5\0",
            "٥",
            "5 ", "5;\u{1}", "5;a\rb",
        ]
        let bodies = [
            "5\r\nhello0\r\n\r\n", "3\r\nhello\r\n0\r\n\r\n", "8\r\nhello\r\n0\r\n\r\n", "5\r\nhelloXX0\r\n\r\n",
            "5\nhello\r\n0\r\n\r\n", "5\rhello\r\n0\r\n\r\n", "5\r\nhello\n0\r\n\r\n", "5\r\nhello\r0\r\n\r\n",
            "5;a\nb\r\nhello\r\n0\r\n\r\n", "0\r\nXX\r\n\r\n", "0\r\nX T: 1\r\n\r\n", "0\r\nX: 1\r\n Y: 2\r\n\r\n",
            "0\r\n\n",
        ]
        let tooBig = ["FFFFFFFFFFFFFFFF", "8000000000000000", "7FFFFFFFFFFFFFFF", "100000005", "4000001"]
        return sizes.map { .chunk($0 + "\r\nhello\r\n0\r\n\r\n") } + bodies.map { .chunk($0) }
            + tooBig.map { .chunk($0 + "\r\nhello\r\n0\r\n\r\n", 413, 400) }
    }()
}

@Suite("HTTPLimits")
struct HTTPLimitsTests {
    private static let small: HTTPLimits = {
        var limits = HTTPLimits()
        limits.maxStartLineBytes = 40
        limits.maxHeaderBytes = 50
        limits.maxHeaderCount = 3
        limits.maxBodyBytes = 10
        limits.maxChunkLineBytes = 24
        limits.maxChunkExtensionBytes = 16
        limits.maxTrailerBytes = 20
        return limits
    }()

    private static let start = "GET / HTTP/1.1\r\n"
    private static let chunked = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    private static func pad(_ count: Int) -> String { String(repeating: "a", count: count) }

    static let examples: [(name: String, wire: String, status: Int?)] = [
        ("a line at the limit", "GET /\(pad(24)) HTTP/1.1\r\n\r\n", nil),
        ("a line over", "GET /\(pad(27)) HTTP/1.1\r\n\r\n", 414),
        ("a line without end", "GET /\(pad(100))", 414),
        ("fields within the limit", start + "A: \(pad(42))\r\n\r\n", nil),
        ("fields over", start + "A: \(pad(46))\r\n\r\n", 431),
        ("fields without end", start + "A: \(pad(100))", 431),
        ("two fields over together", start + "A: \(pad(20))\r\nB: \(pad(21))\r\n\r\n", 431),
        ("as many fields as allowed", start + "A:\r\nB:\r\nC:\r\n\r\n", nil),
        ("one field more", start + "A:\r\nB:\r\nC:\r\nD:\r\n\r\n", 431),
        ("a body at the limit", "POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\n\(pad(10))", nil),
        ("a body one over", "POST / HTTP/1.1\r\nContent-Length: 11\r\n\r\n", 413),
        ("chunks at the limit", chunked + "4\r\naaaa\r\n6\r\naaaaaa\r\n0\r\n\r\n", nil),
        ("chunks one over", chunked + "4\r\naaaa\r\n7\r\n", 413),
        ("extensions at the limit", chunked + "1;abc\r\na\r\n0;abc\r\n\r\n", nil),
        ("a chunk size line without end", chunked + "1;" + pad(100), 400),
        ("a chunk size of zeros without end", chunked + String(repeating: "0", count: 100), 400),
        ("extensions over together", chunked + "1;aaaaaaaa\r\na\r\n1;aaaaaaaa\r\na\r\n", 413),
        ("trailers within the limit", chunked + "0\r\nA: \(pad(14))\r\n\r\n", nil),
        ("trailers over", chunked + "0\r\nA: \(pad(18))\r\n\r\n", 431),
        ("trailers without end", chunked + "0\r\nA: \(pad(100))", 431),
        ("too many trailers", chunked + "0\r\nA:\r\nB:\r\nC:\r\nD:\r\n\r\n", 431),
    ]

    @Test("are exact however the bytes are cut", arguments: examples.indices, Chunking.allCases)
    func limits(_ index: Int, _ chunking: Chunking) {
        let (name, wire, status) = Self.examples[index]
        for pieces in chunking.deliveries(of: Array(wire.utf8)) {
            let last = HTTPTranscript.of(pieces, role: .server, limits: Self.small).last ?? ""
            #expect(status.map { last == "failed \($0)" } ?? last.hasPrefix("end"), "\(name): \(last)")
        }
    }

    @Test("allow by default what existing clients send")
    func defaults() {
        let query = "GET /?" + String(repeating: "q", count: 260_000) + " HTTP/1.1\r\n\r\n"
        #expect(HTTPTranscript.of([Array(query.utf8)], role: .server).last == "end")
        let field = "GET / HTTP/1.1\r\nA: " + String(repeating: "v", count: 200_000) + "\r\n\r\n"
        #expect(HTTPTranscript.of([Array(field.utf8)], role: .server).last == "end")
        let long = "GET /" + String(repeating: "a", count: 1 << 18) + " HTTP/1.1\r\n\r\n"
        #expect(HTTPTranscript.of([Array(long.utf8)], role: .server).last == "failed 414")
    }
}
