import BenchmarkTransport
import TestSupport
import Testing

extension HostileServerTests {
    typealias Code = HTTPClientError.Code

    /// The behavior of a server after it has read the head of a request, and the outcome that the client must report.
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let testDescription: String
        let expected: Expected
        var method = HTTPMethod.get
        let script: @Sendable (RawConnection) async throws -> Void

        enum Expected: Sendable { case failure(Code), body(Int, String) }

        init(
            _ name: String,
            _ expected: Expected,
            method: HTTPMethod = .get,
            _ script: @escaping @Sendable (RawConnection) async throws -> Void
        ) {
            (self.name, self.expected, self.method, self.script) = (name, expected, method, script)
            testDescription = name
        }

        /// Sends some text, and then either ends the connection or leaves that to the client.
        init(
            _ name: String,
            _ expected: Expected,
            method: HTTPMethod = .get,
            says text: String,
            thenCloses: Bool = false
        ) {
            self.init(name, expected, method: method) { connection in
                try await connection.send(text)
                if thenCloses { connection.finishSending() }
            }
        }

        /// Sends some text, and then more of another text until the client closes.
        init(_ name: String, _ expected: Expected, says text: String, thenForEver more: String) {
            self.init(name, expected) { connection in
                try await connection.send(text)
                while true { try await connection.send(more) }
            }
        }
    }

    static let ok = "HTTP/1.1 200 OK\r\n"
    static let chunked = ok + "transfer-encoding: chunked\r\n\r\n"

    static let brokenHeads: [Case] = [
        Case("another protocol, RFC 9112 §4", .failure(.protocolViolation), says: "SSH-2.0-OpenSSH_9\r\n"),
        Case("a body without a head, HTTP/0.9, RFC 9112 §4", .failure(.protocolViolation), says: "<html>hello"),
        Case(
            "zero bytes for ever, RFC 9112 §4",
            .failure(.protocolViolation),
            says: "",
            thenForEver: String(repeating: "\0", count: 999)
        ),
        Case("an empty line first, RFC 9112 §4", .failure(.protocolViolation), says: "\r\n" + ok + "\r\n"),
        Case("HTTP/2, RFC 9112 §2.3", .failure(.protocolViolation), says: "HTTP/2.0 200 OK\r\n\r\n"),
        Case("a status of two digits, RFC 9112 §4", .failure(.protocolViolation), says: "HTTP/1.1 20 OK\r\n\r\n"),
        Case("a status below 100, RFC 9110 §15", .failure(.protocolViolation), says: "HTTP/1.1 099 OK\r\n\r\n"),
        Case("a bare line feed, RFC 9112 §2.2", .failure(.protocolViolation), says: "HTTP/1.1 200 OK\n\n"),
        Case("a bare carriage return, RFC 9112 §2.2", .failure(.protocolViolation), says: ok + "a: b\rc: d\r\n\r\n"),
        Case("a folded line, RFC 9112 §5.2", .failure(.protocolViolation), says: ok + "a: b\r\n c\r\n\r\n"),
        Case("a blank before the colon, RFC 9112 §5.1", .failure(.protocolViolation), says: ok + "a : b\r\n\r\n"),
        Case("a zero byte in a value, RFC 9110 §5.5", .failure(.protocolViolation), says: ok + "a: \0\r\n\r\n"),
        Case(
            "a status line without end, maxStartLineBytes, RFC 9112 §4",
            .failure(.protocolViolation),
            says: "HTTP/1.1 200 ",
            thenForEver: String(repeating: "x", count: 9999)
        ),
        Case(
            "a field without end, maxHeaderBytes, RFC 9112 §5",
            .failure(.protocolViolation),
            says: ok + "a: ",
            thenForEver: String(repeating: "x", count: 9999)
        ),
        Case(
            "fields without end, maxHeaderCount, RFC 9112 §5",
            .failure(.protocolViolation),
            says: ok,
            thenForEver: String(repeating: "a: b\r\n", count: 99)
        ),
        Case(
            "1xx without end, RFC 9110 §15.2",
            .failure(.protocolViolation),
            says: "",
            thenForEver: "HTTP/1.1 102 Processing\r\n\r\n"
        ),
        Case(
            "100 without end, RFC 9110 §15.2.1",
            .failure(.protocolViolation),
            says: "",
            thenForEver: "HTTP/1.1 100 Continue\r\n\r\n"
        ),
        Case(
            "101 that nobody asked for, RFC 9110 §15.2.2",
            .failure(.protocolViolation),
            says: "HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n"
        ),
    ]

    static let brokenFraming: [Case] = [
        ("two lengths that differ, RFC 9112 §6.3", "content-length: 1\r\ncontent-length: 2\r\n\r\nab"),
        ("two lengths in one field, RFC 9112 §6.3", "content-length: 1, 2\r\n\r\nab"),
        ("a length beside a coding, RFC 9112 §6.3", "content-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"),
        ("a negative length, RFC 9110 §8.6", "content-length: -1\r\n\r\n"),
        ("a length with a sign, RFC 9110 §8.6", "content-length: +5\r\n\r\nhello"),
        ("a hexadecimal length, RFC 9110 §8.6", "content-length: 0x5\r\n\r\nhello"),
        ("a length beyond all numbers, RFC 9110 §8.6", "content-length: 99999999999999999999\r\n\r\n"),
        ("an unknown coding, RFC 9112 §6.1", "transfer-encoding: gzip\r\n\r\n"),
        ("a coding after chunked, RFC 9112 §6.1", "transfer-encoding: chunked, gzip\r\n\r\n"),
        ("a chunk without a size, RFC 9112 §7.1", "transfer-encoding: chunked\r\n\r\n\r\n"),
        ("a chunk of a negative size, RFC 9112 §7.1", "transfer-encoding: chunked\r\n\r\n-1\r\n"),
        ("a chunk beyond all numbers, RFC 9112 §7.1", "transfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\n"),
        ("a chunk that is longer than its size, RFC 9112 §7.1", "transfer-encoding: chunked\r\n\r\n1\r\nabc\r\n"),
        ("a chunk's line with a bare line feed, RFC 9112 §7.1", "transfer-encoding: chunked\r\n\r\n1\na\r\n"),
        ("a trailer that is none, RFC 9112 §7.1.2", "transfer-encoding: chunked\r\n\r\n0\r\nno trailer\r\n\r\n"),
    ].map { Case($0.0, .failure(.protocolViolation), says: ok + $0.1) }

    static let floods: [Case] = [
        Case(
            "extensions of a chunk without end, maxChunkLineBytes, RFC 9112 §7.1.1",
            .failure(.protocolViolation),
            says: chunked + "1;",
            thenForEver: String(repeating: "x", count: 999)
        ),
        Case(
            "extensions of all chunks, maxChunkExtensionBytes, RFC 9112 §7.1.1",
            .failure(.protocolViolation),
            says: chunked,
            thenForEver: "1;\(String(repeating: "x", count: 999))\r\na\r\n"
        ),
        Case(
            "a size of zeros without end, RFC 9112 §7.1",
            .failure(.protocolViolation),
            says: chunked,
            thenForEver: String(repeating: "0", count: 999)
        ),
        Case(
            "trailers without end, maxTrailerBytes, RFC 9112 §7.1.2",
            .failure(.protocolViolation),
            says: chunked + "0\r\n",
            thenForEver: String(repeating: "a: b\r\n", count: 99)
        ),
        Case(
            "a body without end, the caller's limit, RFC 9112 §6.3",
            .failure(.bodyTooLarge),
            says: ok + "\r\n",
            thenForEver: String(repeating: "x", count: 9999)
        ),
        Case(
            "chunks without end, the caller's limit, RFC 9112 §7.1",
            .failure(.bodyTooLarge),
            says: chunked,
            thenForEver: String(repeating: "1\r\nx\r\n", count: 999)
        ),
    ]

    static let cut: [Case] = [
        Case("an end before the head, RFC 9112 §8", .failure(.connectionLost)) { $0.end() },
        Case("a reset before the head, RFC 9112 §8", .failure(.connectionLost)) { $0.reset() },
        Case(
            "an end within the head, RFC 9112 §8",
            .failure(.connectionLost),
            says: ok + "content-le",
            thenCloses: true
        ),
        Case(
            "an end after a 100, RFC 9112 §8",
            .failure(.connectionLost),
            says: "HTTP/1.1 100 Continue\r\n\r\n",
            thenCloses: true
        ),
        Case(
            "an end within a body of known length, RFC 9112 §8",
            .failure(.connectionLost),
            says: ok + "content-length: 5\r\n\r\nhell",
            thenCloses: true
        ),
        Case(
            "an end between two chunks, RFC 9112 §8",
            .failure(.connectionLost),
            says: chunked + "1\r\na\r\n",
            thenCloses: true
        ),
        Case(
            "an end within a chunk, RFC 9112 §8",
            .failure(.connectionLost),
            says: chunked + "5\r\na",
            thenCloses: true
        ),
        Case(
            "an end within the trailers, RFC 9112 §8",
            .failure(.connectionLost),
            says: chunked + "0\r\na: b\r\n",
            thenCloses: true
        ),
    ]

    static let excess: [Case] = [
        Case(
            "bytes after a body of known length, RFC 9112 §6.3",
            .body(200, "hi"),
            says: ok + "content-length: 2\r\n\r\nhi" + ok + "content-length: 4\r\n\r\nevil"
        ),
        Case(
            "bytes after the last chunk, RFC 9112 §7.1",
            .body(200, "hi"),
            says: chunked + "2\r\nhi\r\n0\r\n\r\n" + ok + "content-length: 4\r\n\r\nevil"
        ),
        Case(
            "a body with 204, RFC 9110 §15.3.5",
            .body(204, ""),
            says: "HTTP/1.1 204 No Content\r\ncontent-length: 4\r\n\r\nevil"
        ),
        Case(
            "a body with 304, RFC 9110 §15.4.5",
            .body(304, ""),
            says: "HTTP/1.1 304 Not Modified\r\ntransfer-encoding: chunked\r\n\r\n4\r\nevil\r\n0\r\n\r\n"
        ),
        Case(
            "a body in answer to HEAD, RFC 9110 §9.3.2",
            .body(200, ""),
            method: .head,
            says: ok + "content-length: 4\r\n\r\nevil"
        ),
        Case(
            "a connection that should be closed, RFC 9112 §9.6",
            .body(200, "hi"),
            says: ok + "connection: close\r\ncontent-length: 2\r\n\r\nhi"
        ),
        Case(
            "a response of HTTP/1.0, RFC 9112 §9.3",
            .body(200, "hi"),
            says: "HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nhi"
        ),
        Case(
            "a body that ends with the connection, RFC 9112 §6.3",
            .body(200, "hi"),
            says: ok + "\r\nhi",
            thenCloses: true
        ),
    ]

    static let stalls: [Case] = [
        Case("silence before the head, RFC 9112 §9.5", .failure(.timedOut)) { _ in },
        Case("silence within the head, RFC 9112 §9.5", .failure(.timedOut), says: ok + "a"),
        Case("silence after a 103, RFC 9110 §15.2", .failure(.timedOut), says: "HTTP/1.1 103 Early Hints\r\n\r\n"),
        Case("a head of ever more letters, RFC 9112 §9.5", .failure(.timedOut)) { connection in
            try await connection.send(ok)
            while true {
                try await connection.send("a")
                try await EventLoopGroup.shared.next().sleep(for: .milliseconds(10))
            }
        },
        Case(
            "silence within a body of known length, RFC 9112 §9.5",
            .failure(.timedOut),
            says: ok + "content-length: 5\r\n\r\nhell"
        ),
        Case("silence within a chunk's line, RFC 9112 §9.5", .failure(.timedOut), says: chunked + "5"),
        Case("silence between two chunks, RFC 9112 §9.5", .failure(.timedOut), says: chunked + "1\r\na\r\n"),
        Case("silence within the trailers, RFC 9112 §9.5", .failure(.timedOut), says: chunked + "0\r\na: b\r\n"),
        Case(
            "silence within a body that ends with the connection, RFC 9112 §9.5",
            .failure(.timedOut),
            says: ok + "\r\nhell"
        ),
    ]
}
