import BenchmarkTransport
import TestSupport
import Testing

@Suite("HTTPDecoder, RFC 9112")
struct HTTPDecoderTests {
    @Test("requests are decoded the same however they are split", arguments: requests, Chunking.allCases)
    func decodesRequests(_ example: HTTPExample, _ chunking: Chunking) {
        for pieces in chunking.deliveries(of: example.wire) {
            #expect(HTTPTranscript.of(pieces, role: .server, closes: example.closes) == example.lines)
        }
    }

    @Test("responses are decoded the same however they are split", arguments: responses, Chunking.allCases)
    func decodesResponses(_ example: HTTPExample, _ chunking: Chunking) {
        for pieces in chunking.deliveries(of: example.wire) {
            let lines = HTTPTranscript.of(
                pieces,
                role: .client,
                methods: example.methods,
                closes: example.closes
            )
            #expect(lines == example.lines)
        }
    }

    @Test("pipelined requests are decoded one after the other", arguments: Chunking.allCases)
    func glued(_ chunking: Chunking) {
        let complete = Self.requests.filter { $0.lines.last?.hasPrefix("end") == true && !$0.closes }
        #expect(complete.count > 10)
        let wire = complete.flatMap(\.wire)
        for pieces in chunking.deliveries(of: wire) {
            #expect(HTTPTranscript.of(pieces, role: .server) == complete.flatMap(\.lines))
        }
    }

    @Test("a pipelined request is not decoded before it is asked for")
    func pausing() {
        var decoder = HTTPDecoder(role: .server)
        var input = ByteBuffer("GET /a HTTP/1.1\r\n\r\n\0\0".utf8)
        guard case .request = decoder.next(&input) else {
            Issue.record("no request")
            return
        }
        guard case .end = decoder.next(&input) else {
            Issue.record("no end")
            return
        }
        #expect(decoder.isBetweenMessages)
        #expect(input.count == 2)
        guard case .failed = decoder.next(&input) else {
            Issue.record("no failure")
            return
        }
        #expect(decoder.next(&input).map { "\($0)" } == nil)
        #expect(decoder.receiveEnd().map { "\($0)" } == nil)
    }

    @Test("a head stays valid after the next message")
    func keptHeads() {
        var decoder = HTTPDecoder(role: .server)
        var input = ByteBuffer()
        var heads: [HTTPRequestHead] = []
        for number in 0..<20 {
            input.append("GET /\(number) HTTP/1.1\r\nX-Number: \(number)\r\n\r\n")
            while let event = decoder.next(&input) {
                if case .request(let head, _) = event, number % 3 == 0 { heads.append(head) }
            }
        }
        #expect(heads.map(\.target) == ["/0", "/3", "/6", "/9", "/12", "/15", "/18"])
        #expect(heads.map { $0.fields["x-number"] } == ["0", "3", "6", "9", "12", "15", "18"])
        #expect(heads.last?.path == "/18")
    }
}

extension HTTPDecoderTests {
    static let requests: [HTTPExample] = [
        HTTPExample("no fields", "GET / HTTP/1.1\r\n\r\n", "request GET / http11 none", "end"),
        HTTPExample(
            "fields of all shapes",
            "GET /a?b=c HTTP/1.1\r\nHoSt: x:1\r\nA:1\r\nB: \t2 3 \t\r\nC:\r\n\r\n",
            "request GET /a?b=c http11 none host=x:1 a=1 b=2 3 c=",
            "end"
        ),
        HTTPExample(
            "all token characters",
            "A!#$%&'*+-.^_`|~9 / HTTP/1.1\r\nX!#$%&'*+-.^_`|~9: 1\r\n\r\n",
            "request A!#$%&'*+-.^_`|~9 / http11 none x!#$%&'*+-.^_`|~9=1",
            "end"
        ),
        HTTPExample("empty lines in front", "\r\n\r\nGET / HTTP/1.1\r\n\r\n", "request GET / http11 none", "end"),
        HTTPExample("HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", "request GET / http10 none", "end"),
        HTTPExample("a later minor version", "GET / HTTP/1.9\r\n\r\n", "request GET / http11 none", "end"),
        HTTPExample(
            "a fixed body",
            "POST /p HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello",
            "request POST /p http11 fixed(5) content-length=5",
            "body hello",
            "end"
        ),
        HTTPExample(
            "a length with leading zeros",
            "POST /p HTTP/1.1\r\nContent-Length: 0005\r\n\r\nhello",
            "request POST /p http11 fixed(5) content-length=0005",
            "body hello",
            "end"
        ),
        HTTPExample(
            "an empty body",
            "POST /p HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
            "request POST /p http11 none content-length=0",
            "end"
        ),
        HTTPExample(
            "a chunked body",
            "POST /p HTTP/1.1\r\nTransfer-Encoding: ChunKed\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n",
            "request POST /p http11 chunked transfer-encoding=ChunKed",
            "body hello",
            "end"
        ),
        HTTPExample(
            "chunk extensions and trailers",
            "POST /p HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "0A;a=b;c=\"d e\"\r\nhellohello\r\n000 ;z\r\nX-T: 1\r\nX-U: 2\r\n\r\n",
            "request POST /p http11 chunked transfer-encoding=chunked",
            "body hellohello",
            "end x-t=1 x-u=2"
        ),
        HTTPExample(
            "an empty chunked body",
            "POST /p HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "request POST /p http11 chunked transfer-encoding=chunked",
            "end"
        ),
        HTTPExample(
            "names that only look like framing",
            "POST / HTTP/1.1\r\nContent_Length: 40\r\nTransfer_Encoding: chunked\r\nContent-Length: 1\r\n\r\nx",
            "request POST / http11 fixed(1) content_length=40 transfer_encoding=chunked content-length=1",
            "body x",
            "end"
        ),
        HTTPExample(
            "absolute form",
            "GET http://x.y:80/a HTTP/1.1\r\nHost: z\r\n\r\n",
            "request GET http://x.y:80/a http11 none host=z",
            "end"
        ),
        HTTPExample("asterisk form", "OPTIONS * HTTP/1.1\r\n\r\n", "request OPTIONS * http11 none", "end"),
        HTTPExample("authority form", "CONNECT a:1 HTTP/1.1\r\n\r\n", "request CONNECT a:1 http11 none", "end"),
        HTTPExample(
            "an IPv6 host",
            "GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n",
            "request GET / http11 none host=[::1]:80",
            "end"
        ),
        HTTPExample(
            "bytes above ASCII in a value",
            bytes: Array("GET / HTTP/1.1\r\nA: ".utf8) + [0xE9, 0xFF] + Array("\r\n\r\n".utf8),
            ["request GET / http11 none a=éÿ", "end"]
        ),
        HTTPExample(
            "closed between messages",
            "GET / HTTP/1.1\r\n\r\n",
            closes: true,
            "request GET / http11 none",
            "end"
        ),
        HTTPExample("closed inside a request line", "GET /", closes: true, "failed 400"),
        HTTPExample("closed inside fields", "GET / HTTP/1.1\r\nA: b\r\n", closes: true, "failed 400"),
        HTTPExample(
            "closed inside a body",
            "POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nhel",
            closes: true,
            "request POST / http11 fixed(9) content-length=9",
            "body hel",
            "failed 400"
        ),
        HTTPExample(
            "closed before the last CR LF",
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
            closes: true,
            "request POST / http11 chunked transfer-encoding=chunked",
            "failed 400"
        ),
    ]

    static let responses: [HTTPExample] = [
        HTTPExample(
            "a fixed body",
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
            methods: [.get],
            "response 200 http11 fixed(2) content-length=2",
            "body hi",
            "end"
        ),
        HTTPExample(
            "a chunked body",
            "HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX: y\r\n\r\n",
            methods: [.get],
            "response 200 http11 chunked transfer-encoding=chunked",
            "body hi",
            "end x=y"
        ),
        HTTPExample(
            "a body until close",
            "HTTP/1.0 200 OK\r\n\r\nall of it\r\n\r\n",
            methods: [.get],
            closes: true,
            "response 200 http10 untilClose",
            "body all of it\r\n\r\n",
            "end"
        ),
        HTTPExample(
            "an empty body until close",
            "HTTP/1.1 200\r\n\r\n",
            methods: [.get],
            closes: true,
            "response 200 http11 untilClose",
            "end"
        ),
        HTTPExample(
            "no body for HEAD, 204 and 304",
            "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n"
                + "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\nHTTP/1.1 404 Gone\r\nContent-Length: 0\r\n\r\n",
            methods: [.head, .get, .get, .get],
            "response 200 http11 none content-length=9",
            "end",
            "response 204 http11 none",
            "end",
            "response 304 http11 none content-length=9",
            "end",
            "response 404 http11 none content-length=0",
            "end"
        ),
        HTTPExample(
            "informational responses before the real one, which still answers HEAD",
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n"
                + "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n",
            methods: [.head],
            "response 100 http11 none",
            "response 103 http11 none link=a",
            "response 200 http11 none content-length=9",
            "end"
        ),
        HTTPExample(
            "an upgrade and what follows it",
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n\u{1}HTTP/1.1",
            methods: [.get],
            closes: true,
            "response 101 http11 none upgrade=x",
            "left \u{1}HTTP/1.1"
        ),
        HTTPExample(
            "a tunnel",
            "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc",
            methods: [.connect],
            "response 200 http11 none content-length=9",
            "left abc"
        ),
        HTTPExample(
            "a refused tunnel",
            "HTTP/1.1 403 No\r\nContent-Length: 1\r\n\r\nx",
            methods: [.connect],
            "response 403 http11 fixed(1) content-length=1",
            "body x",
            "end"
        ),
        HTTPExample("closed before a response", "", methods: [.get], closes: true, "failed 400"),
        HTTPExample(
            "closed inside a body",
            "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc",
            methods: [.get],
            closes: true,
            "response 200 http11 fixed(9) content-length=9",
            "body abc",
            "failed 400"
        ),
        HTTPExample(
            "closed after everything",
            "HTTP/1.1 204 A\r\n\r\n",
            methods: [.get],
            closes: true,
            "response 204 http11 none",
            "end"
        ),
        HTTPExample("no HTTP", "SSH-2.0-x\r\n\r\n", methods: [.get], "failed 400"),
        HTTPExample("another major version", "HTTP/2.0 200 OK\r\n\r\n", methods: [.get], "failed 505"),
        HTTPExample("a status of two digits", "HTTP/1.1 20 OK\r\n\r\n", methods: [.get], "failed 400"),
        HTTPExample("a status of four digits", "HTTP/1.1 2000 OK\r\n\r\n", methods: [.get], "failed 400"),
        HTTPExample("a status below 100", "HTTP/1.1 099 OK\r\n\r\n", methods: [.get], "failed 400"),
        HTTPExample(
            "two lengths",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
            methods: [.get],
            "failed 400"
        ),
        HTTPExample(
            "an unknown coding",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nx",
            methods: [.get],
            "failed 400"
        ),
    ]
}
