import BenchmarkTransport
import TestSupport
import Testing

@Suite("HTTPDecoder against hostile requests, RFC 9112")
struct HTTPAttackTests {
    struct Attack: Sendable, CustomTestStringConvertible {
        /// The section of RFC 9112 that is violated, or that of another RFC.
        var section: String
        var wire: [UInt8]
        var status: Int
        var testDescription: String {
            "\(section): \(String(decoding: wire.prefix(120), as: UTF8.self).debugDescription)"
        }

        init(_ section: String, _ wire: String, _ status: Int = 400) { self.init(section, Array(wire.utf8), status) }
        init(_ section: String, _ wire: [UInt8], _ status: Int = 400) {
            (self.section, self.wire, self.status) = (section, wire, status)
        }

        static func lines(_ section: String, _ lines: [String], _ status: Int = 400) -> [Attack] {
            lines.map { Attack(section, $0 + "\r\nHost: x\r\n\r\n", status) }
        }
        static func fields(_ section: String, _ fields: [String], _ status: Int = 400) -> [Attack] {
            fields.map { Attack(section, "GET / HTTP/1.1\r\nHost: x\r\n\($0)\r\n\r\n", status) }
        }
        static func hosts(_ section: String, _ hosts: [String]) -> [Attack] {
            hosts.map { Attack(section, "GET / HTTP/1.1\r\nHost: \($0)\r\n\r\n") }
        }
        static func chunks(_ section: String, _ bodies: [String], _ status: Int = 400) -> [Attack] {
            bodies.map { Attack(section, "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n\($0)", status) }
        }
    }

    @Test(
        "hostile requests are refused with the right status however they are split",
        arguments: attacks,
        Chunking.allCases
    )
    func refusal(_ attack: Attack, _ chunking: Chunking) {
        // a request that directly follows must not be decoded
        let wire = attack.wire + Array("GET /smuggled HTTP/1.1\r\n\r\n".utf8)
        for pieces in chunking.deliveries(of: wire) {
            let lines = HTTPTranscript.of(pieces, role: .server)
            #expect(lines.last == "failed \(attack.status)", "\(lines)")
            #expect(!lines.contains { $0.contains("smuggled") })
        }
    }

    static let attacks = Array(
        [requestLines, targets, hosts, fields, lengths, codings, framings, chunks].joined().joined()
    )

    private static let requestLines: [[Attack]] = [
        [
            Attack("§2.2", "GET / HTTP/1.1\nHost: x\n\n"), Attack("§2.2", "GET / HTTP/1.1\rHost: x\r\n\r\n"),
            Attack("§2.2", "\r\n\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\n\r\n"),
            Attack("§2.2", "\n\nGET / HTTP/1.1\r\n\r\n"), Attack("§3", [0x16, 0x03, 0x01, 0x00, 0x2F, 0x01]),
        ],
        Attack.lines(
            "§3",
            [
                " GET / HTTP/1.1", "\tGET / HTTP/1.1", "GET  / HTTP/1.1", "GET /  HTTP/1.1", "GET\t/\tHTTP/1.1",
                "GET / HTTP/1.1 ", "GET / HTTP/1.1 x", "GET HTTP/1.1", "GET  HTTP/1.1", "GET /", "GET", "   ",
            ]
        ),
        Attack.lines(
            "§3.1",
            ["GE(T / HTTP/1.1", "G\0ET / HTTP/1.1", "GÉT / HTTP/1.1", "GET: / HTTP/1.1", "\"GET\" / HTTP/1.1"]
        ),
        Attack.lines(
            "§2.3",
            [
                "GET / HTTP/1.", "GET / HTTP/11", "GET / HTTP/1.1a", "GET / HTTP/1.10", "GET / http/1.1",
                "GET / HTTP/+1.1", "GET / HTTP/1.1\0", "GET / HTTPS/1.1",
            ]
        ), Attack.lines("RFC 9110 §15.6.6", ["GET / HTTP/0.9", "GET / HTTP/2.0", "PRI * HTTP/2.0"], 505),
    ]

    private static let targets: [[Attack]] = [
        Attack.lines(
            "§3.2",
            [
                "GET health HTTP/1.1", "GET \\health HTTP/1.1", "GET /a\u{1} HTTP/1.1", "GET /\u{7F} HTTP/1.1",
                "GET /a\rb HTTP/1.1", "GET /a b HTTP/1.1", "GET /é HTTP/1.1", "GET /a#b HTTP/1.1",
            ]
        ),
        Attack.lines(
            "§3.2.2",
            [
                "GET http:///a HTTP/1.1", "GET http://u@h/a HTTP/1.1", "GET 1http://h/a HTTP/1.1",
                "GET http://:80/ HTTP/1.1",
            ]
        ),
        Attack.lines(
            "§3.2.3",
            [
                "CONNECT / HTTP/1.1", "CONNECT h HTTP/1.1", "CONNECT :1 HTTP/1.1", "CONNECT http://h/ HTTP/1.1",
                "CONNECT h: HTTP/1.1", "CONNECT [::1] HTTP/1.1",
            ]
        ), Attack.lines("§3.2.4", ["GET * HTTP/1.1"]),
    ]

    private static let hosts: [[Attack]] = [
        Attack.hosts(
            "RFC 9110 §7.2",
            [
                "a b", "foo/bar", "a:b:c", "a:port", "[::1", "[]", "[::1]x", "a\\b", "a?b", "a#b", "a<b>", "a\"b",
                "u@h",
            ]
        ), Attack.fields("§3.2", ["Host: x", "Host: y", "hOST:"]),
    ]

    private static let fields: [[Attack]] = [
        Attack.fields("§5.1", ["A : 1", "A\t: 1", "A A: 1", ": 1", "garbage", "É: 1"]),
        Attack.fields("§5.1", "\u{0}\u{1}\u{B}\u{7F}@(\"[{/,;=<>?\\".map { "X\($0)A: 1" }),
        Attack.fields("§5.2", [" A: 1", "\tA: 1", "A: 1\r\n 2"]),
        Attack.fields("§2.2", ["A: a\rb", "A: 1\r", "A: 1\nB: 2", "\r\r\n"]),
        Attack.fields("RFC 9110 §5.5", ["A: a\0b", "A: a\u{1}b", "A: a\u{7F}b"]),
    ]

    private static let lengths: [[Attack]] = {
        let bad = ["", "abc", "-1", "+5", "5 5", "5a", "0x5", "5.0", "5,6", "5, 5", "5;", "\"5\"", "5_0", "٥", "5\0"]
        let tooLong = ["9223372036854775808", "18446744073709551621", "67108865", String(repeating: "9", count: 400)]
        return [
            Attack.fields("§6.2", bad.map { "Content-Length: \($0)" }),
            Attack.fields("RFC 9110 §15.5.14", tooLong.map { "Content-Length: \($0)" }, 413),
        ]
    }()

    private static let codings: [[Attack]] = {
        let bad = [
            "", "chunked, chunked", "chunked, identity", "\"chunked\"", "chun ked", "chunked x", "chunked\0",
            "\u{B}chunked", "\u{A0}chunked", "chun\u{212A}ed",
        ]
        let unknown = [
            "identity", "xchunked", "gzip", "gzip, chunked", "identity, chunked", "'chunked'", "chunked;q=1",
        ]
        return [
            Attack.fields("§6.1", bad.map { "Transfer-Encoding: \($0)" }),
            Attack.fields("§6.1, RFC 9110 §15.6.2", unknown.map { "Transfer-Encoding: \($0)" }, 501),
            // Empty list elements are ignored, and the bytes that follow are not a chunk.
            Attack.fields("§7.1, RFC 9110 §5.6.1", ["Transfer-Encoding: chunked,", "Transfer-Encoding: ,chunked"]),
        ]
    }()

    private static let framings: [[Attack]] = [
        Attack.fields(
            "§6.3",
            [
                "Content-Length: 5\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nContent-Length: 5",
                "Transfer-Encoding: chunked\r\nContent-Length: 0", "Content-Length: 5\r\nContent-Length: 5",
                "Content-Length: 5\r\nContent-Length: 6", "Content-Length: 5\r\nContent-Length:",
                "Content-Length: 5\r\nTransfer-Encoding: x",
            ]
        ), Attack.fields("§6.1", ["Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"]),
        Attack.fields(
            "§5.1",
            [
                "Transfer-Encoding\0: chunked\r\nContent-Length: 5", "Transfer-Encoding : chunked\r\nContent-Length: 5",
            ]
        ), Attack.fields("§5.2", ["Transfer-Encoding:\r\n chunked\r\nContent-Length: 5"]),
        [Attack("§6.1", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")],
    ]

    private static let chunks: [[Attack]] = {
        let rest = "\r\nhello\r\n0\r\n\r\n"
        let sizes = [
            "", "xyz", "-5", "+5", "0x5", "5x", "1 2", " 5", "\t5", "5_", "5.", "\"5\"", "5,", "=5", "\0" + "5", "5\0",
            "٥", "5 ",
        ]
        let tooBig = ["FFFFFFFFFFFFFFFF", "8000000000000000", "7FFFFFFFFFFFFFFF", "100000005", "4000001"]
        let bodies = [
            "5\r\nhello0\r\n\r\n", "3\r\nhello\r\n0\r\n\r\n", "8\r\nhello\r\n0\r\n\r\n", "5\r\nhelloXX0\r\n\r\n",
            "5\nhello\r\n0\r\n\r\n", "5\rhello\r\n0\r\n\r\n", "5\r\nhello\n0\r\n\r\n", "5\r\nhello\r0\r\n\r\n",
            "0\r\n\n",
        ]
        return [
            Attack.chunks("§7.1", sizes.map { $0 + rest }), Attack.chunks("§7.1", bodies),
            Attack.chunks("RFC 9110 §15.5.14", tooBig.map { $0 + rest }, 413),
            Attack.chunks("§7.1.1", ["5;\u{1}", "5;a\rb", "5;a\nb"].map { $0 + rest }),
            Attack.chunks(
                "§7.1.2",
                ["0\r\nXX\r\n\r\n", "0\r\nX T: 1\r\n\r\n", "0\r\nX: 1\r\n Y: 2\r\n\r\n"]
            ),
        ]
    }()
}

@Suite("HTTPLimits, RFC 9110 §15.5 and RFC 6585 §5")
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

    struct Example: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let wire: String
        let status: Int?
    }

    static let examples: [Example] = [
        ("a line at the limit, RFC 9112 §3", "GET /\(pad(24)) HTTP/1.1\r\n\r\n", nil),
        ("a line over, RFC 9110 §15.5.15", "GET /\(pad(27)) HTTP/1.1\r\n\r\n", 414),
        ("a line without end, RFC 9110 §15.5.15", "GET /\(pad(100))", 414),
        ("fields within the limit, RFC 9112 §5", start + "A: \(pad(42))\r\n\r\n", nil),
        ("fields over, RFC 6585 §5", start + "A: \(pad(46))\r\n\r\n", 431),
        ("fields without end, RFC 6585 §5", start + "A: \(pad(100))", 431),
        ("two fields over together, RFC 6585 §5", start + "A: \(pad(20))\r\nB: \(pad(21))\r\n\r\n", 431),
        ("as many fields as allowed, RFC 9112 §5", start + "A:\r\nB:\r\nC:\r\n\r\n", nil),
        ("one field more, RFC 6585 §5", start + "A:\r\nB:\r\nC:\r\nD:\r\n\r\n", 431),
        ("a body at the limit, RFC 9112 §6.2", "POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\n\(pad(10))", nil),
        ("a body one over, RFC 9110 §15.5.14", "POST / HTTP/1.1\r\nContent-Length: 11\r\n\r\n", 413),
        ("chunks at the limit, RFC 9112 §7.1", chunked + "4\r\naaaa\r\n6\r\naaaaaa\r\n0\r\n\r\n", nil),
        ("chunks one over, RFC 9110 §15.5.14", chunked + "4\r\naaaa\r\n7\r\n", 413),
        ("extensions at the limit, RFC 9112 §7.1.1", chunked + "1;abc\r\na\r\n0;abc\r\n\r\n", nil),
        ("a chunk size line without end, RFC 9112 §7.1", chunked + "1;" + pad(100), 400),
        ("a chunk size of zeros without end, RFC 9112 §7.1", chunked + String(repeating: "0", count: 100), 400),
        ("extensions over together, RFC 9110 §15.5.14", chunked + "1;aaaaaaaa\r\na\r\n1;aaaaaaaa\r\na\r\n", 413),
        ("trailers within the limit, RFC 9112 §7.1.2", chunked + "0\r\nA: \(pad(14))\r\n\r\n", nil),
        ("trailers over, RFC 6585 §5", chunked + "0\r\nA: \(pad(18))\r\n\r\n", 431),
        ("trailers without end, RFC 6585 §5", chunked + "0\r\nA: \(pad(100))", 431),
        ("too many trailers, RFC 6585 §5", chunked + "0\r\nA:\r\nB:\r\nC:\r\nD:\r\n\r\n", 431),
    ].map { (name: String, wire: String, status: Int?) in
        Example(testDescription: name, wire: wire, status: status)
    }

    @Test("limits are exact however the bytes are split", arguments: examples, Chunking.allCases)
    func limits(_ example: Example, _ chunking: Chunking) {
        for pieces in chunking.deliveries(of: Array(example.wire.utf8)) {
            let last = HTTPTranscript.of(pieces, role: .server, limits: Self.small).last ?? ""
            #expect(example.status.map { last == "failed \($0)" } ?? last.hasPrefix("end"), "\(last)")
        }
    }

    @Test("the default limits allow everything that existing clients send, RFC 9112 §3 and §5")
    func defaults() {
        let query = "GET /?" + String(repeating: "q", count: 260_000) + " HTTP/1.1\r\n\r\n"
        #expect(HTTPTranscript.of([Array(query.utf8)], role: .server).last == "end")
        let field = "GET / HTTP/1.1\r\nA: " + String(repeating: "v", count: 200_000) + "\r\n\r\n"
        #expect(HTTPTranscript.of([Array(field.utf8)], role: .server).last == "end")
        let long = "GET /" + String(repeating: "a", count: 1 << 18) + " HTTP/1.1\r\n\r\n"
        #expect(HTTPTranscript.of([Array(long.utf8)], role: .server).last == "failed 414")
    }
}
