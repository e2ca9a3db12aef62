import BenchmarkProtocol
import Foundation
import TestSupport
import Testing

@testable import BenchmarkFramework
@testable import BenchmarkTransport

@Suite("A service's log")
struct ServiceLogTests {
    /// Returns the lines that a log has written.
    private func lines(isText: Bool, level: LogLevel, _ body: (ServiceLog) -> Void) async throws -> [String] {
        try await withTemporaryDirectory { folder in
            let path = "\(folder)/log"
            try Data().write(to: URL(fileURLWithPath: path))
            let file = try #require(FileHandle(forWritingAtPath: path))
            let lines = LineLog(descriptor: file.fileDescriptor) { ServiceLog.dropped($0, isText: isText) }
            let log = ServiceLog(lines, level: level, isText: isText)
            body(log)
            log.flush()
            return try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)
        }
    }

    private static let record = HTTPAccessRecord(
        method: "GET",
        target: "/health?\"",
        status: 200,
        peer: SocketAddress(literal: "192.0.2.1", port: 5) ?? SocketAddress(bytes: []),
        fields: [],
        duration: .microseconds(1250),
        requestID: "id-1"
    )

    private func write(_ log: ServiceLog) {
        log.write(.debug, "left out")
        log.write(.info, "serving", [("count", 2)])
        log.write(.warning, "odd\n", [("task_id", "a\u{1b}b")])
        log.write(Self.record, from: Self.record.peer)
        log.write(.error, "end")
    }

    @Test("the log is plain text for people")
    func text() async throws {
        #expect(
            try await lines(isText: true, level: .info, write) == [
                "serving count=2", "warning: odd? task_id=a?b", #"192.0.2.1 "GET /health?"" 200 1.2ms id-1"#,
                "error: end",
            ]
        )
    }

    @Test("the log is one JSON object per line for programs")
    func json() async throws {
        let objects = try await lines(isText: false, level: .info, write).map { try JSONValue(parsing: Array($0.utf8)) }
        #expect(objects.map { $0["level"]?.stringValue } == ["info", "warning", "info", "error"])
        #expect(objects.map { $0["message"]?.stringValue } == ["serving", "odd\n", "request", "end"])
        #expect(objects[0]["count"] == 2)
        #expect(objects[1]["task_id"] == "a\u{1b}b")
        #expect(objects[2]["target"] == "/health?\"")
        #expect(objects[2]["client"] == "192.0.2.1")
        #expect(objects[2]["milliseconds"] == 1.2)
        #expect(objects[2]["request_id"] == "id-1")
        #expect(objects.allSatisfy { $0["time"]?.stringValue?.utf8.count == 24 })
    }

    @Test("messages below the log's level are left out", arguments: LogLevel.allCases)
    func levels(_ level: LogLevel) async throws {
        let written = try await lines(isText: true, level: level) { log in
            for other in LogLevel.allCases { log.write(other, "\(other)") }
            log.write(.error, "end")
        }
        #expect(written.count == LogLevel.allCases.count { $0 >= level } + 1)
    }
}

@Suite("Request ids")
struct RequestIDTests {
    @Test("the caller's request id is kept", arguments: ["a", "0f-._~!", String(repeating: "x", count: 128)])
    func given(_ id: String) {
        #expect(RequestID.of([("x-request-id", id)].reduce(into: HTTPFields()) { $0.set($1.0, $1.1) }) == id)
    }

    @Test(
        "a caller's request id that could do harm is replaced by a new one",
        arguments: ["", "a b", "é", String(repeating: "x", count: 129)]
    )
    func refused(_ id: String) {
        var fields = HTTPFields()
        fields.set("x-request-id", id)
        let made = RequestID.of(fields)
        #expect(made != id)
        #expect(made.utf8.count == 32)
        #expect(made != RequestID.of(fields))
    }

    @Test("the request id is in every response, including errors, and in the answer to a WebSocket handshake")
    func comesBack() async throws {
        try await withSampleService { running in
            let client = directClient()
            for path in ["/health", "/nope", "/verify-task-ids/", "/retrieve-task/"] {
                var request = HTTPClientRequest(.get, try HTTPURL(running.url + path))
                request.fields.set("x-request-id", "mine")
                #expect(try await client.send(request).head.fields["x-request-id"] == "mine")
                request.fields = HTTPFields()
                #expect(try await client.send(request).head.fields["x-request-id"]?.utf8.count == 32)
            }
            for (key, status) in [("dGhlIHNhbXBsZSBub25jZQ==", 101), ("short", 400)] {
                let raw = try await RawClient(port: running.address.port)
                try await raw.send(
                    "GET /ws/setup-task HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
                        + "sec-websocket-version: 13\r\nsec-websocket-key: \(key)\r\nx-request-id: mine\r\n\r\n"
                )
                let head = try await raw.receiveText(until: "\r\n\r\n")
                #expect(head.hasPrefix("HTTP/1.1 \(status) "))
                #expect(head.contains("\r\nx-request-id: mine\r\n"))
            }
        }
    }
}
