import BenchmarkTransport
import TestSupport
import Testing

@Suite("The ceilings and times of a WebSocket, over a socket")
struct WebSocketLimitTests {
    typealias Echo = HTTPServerRefusalTests.Hello

    private static let request =
        "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        + "Sec-WebSocket-Key: eHh4eHh4eHh4eHh4eHh4eA==\r\nSec-WebSocket-Version: 13\r\n\r\n"

    /// What the server says after some frames, up to the end of the connection.
    private func frames(after bytes: [UInt8], _ change: (inout WebSocketConfiguration) -> Void) async throws -> [UInt8]
    {
        var configuration = HTTPServerConfiguration()
        change(&configuration.webSocket)
        return try await withServer(Echo(), configuration: configuration) { url in
            let client = try await RawClient(port: try HTTPURL(url).port)
            try await client.send(Self.request)
            _ = try await client.receiveText(until: "\r\n\r\n")
            try await client.send(bytes)
            return try await client.receive()
        }
    }

    @Test("a message longer than its ceiling is 1009, RFC 6455 §7.4.1")
    func tooBig() async throws {
        // Only announced: 200 bytes where 100 are allowed.
        let frames = try await frames(after: [0x82, 0xfe, 0, 200, 0, 0, 0, 0]) { $0.maxMessageBytes = 100 }
        #expect(frames.prefix(1) == [0x88] && frames.dropFirst(2).prefix(2) == [0x03, 0xf1])
    }

    @Test("a peer that answers no Ping is 1011, RFC 6455 §5.5.2")
    func silent() async throws {
        let frames = try await frames(after: []) {
            $0.pingInterval = .milliseconds(50)
            $0.pongTimeout = .milliseconds(50)
        }
        #expect(frames.starts(with: [0x89, 0, 0x88]))
        #expect(frames.dropFirst(4).prefix(2) == [0x03, 0xf3])
    }

    @Test("a peer that does not answer a Close is waited for no longer than the close time, RFC 6455 §7.1.1")
    func unansweredClose() async throws {
        struct Closing: HTTPResponder {
            nonisolated(nonsending) func respond(to request: HTTPServerRequest) async -> HTTPServerResponse {
                HTTPServerResponse(status: .ok, body: .webSocket { await $0.close() })
            }
        }
        var configuration = HTTPServerConfiguration()
        configuration.webSocket.closeTimeout = .milliseconds(50)
        let frames = try await withServer(Closing(), configuration: configuration) { url in
            let client = try await RawClient(port: try HTTPURL(url).port)
            try await client.send(Self.request)
            _ = try await client.receiveText(until: "\r\n\r\n")
            return try await client.receive()
        }
        // The Close may have come with the head; the end has come in any case.
        #expect(frames.isEmpty || frames.prefix(1) == [0x88])
    }

    @Test("a body that its responder did not read is read to keep the connection, but only so much of it")
    func discarded() async throws {
        var configuration = HTTPServerConfiguration()
        configuration.maxDiscardedBodyBytes = 10
        for (count, isKept) in [(10, true), (11, false)] {
            let answers = try await withServer(Echo(), configuration: configuration) { url in
                let client = try await RawClient(port: try HTTPURL(url).port)
                let body = String(repeating: "x", count: count)
                try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(count)\r\n\r\n\(body)")
                try await client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                return try await client.receiveText()
            }
            #expect(answers.components(of: "hello") == (isKept ? 2 : 1))
        }
    }
}

extension String {
    /// How often a text occurs.
    fileprivate func components(of text: String) -> Int { ranges(of: text).count }
}
