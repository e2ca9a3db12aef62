import BenchmarkTransport
import TestSupport
import Testing

@Suite("Requests that the server refuses, over a socket")
struct HTTPServerRefusalTests {
    struct Hello: HTTPResponder {
        nonisolated(nonsending) func respond(to request: HTTPServerRequest) async -> HTTPServerResponse {
            if request.head.asksForWebSocket {
                return HTTPServerResponse(
                    status: .ok,
                    body: .webSocket { socket in
                        do {
                            while let message = try await socket.receive() { try await socket.send(message.bytes) }
                        } catch {}
                    }
                )
            }
            return HTTPServerResponse(status: .ok, body: .bytes(Array("hello".utf8)))
        }
    }

    /// Returns the server's answer to some bytes, after which the client sends nothing.
    private func answer(to request: String) async throws -> String {
        try await withServer(Hello()) { url in
            let client = try await RawClient(port: HTTPURL(url).port)
            try await client.send(request)
            client.finishSending()
            return try await client.receiveText()
        }
    }

    @Test("an HTTP/1.1 request without Host is answered with 400, and the connection ends, RFC 9112 §3.2")
    func host() async throws {
        let answer = try await answer(to: "GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(answer.hasPrefix("HTTP/1.1 400 "))
        #expect(answer.contains("connection: close"))
        #expect(!answer.contains("hello"))
    }

    @Test("an HTTP/1.0 request needs no Host, RFC 9112 §3.2")
    func oldHost() async throws {
        #expect(try await answer(to: "GET / HTTP/1.0\r\n\r\n").hasSuffix("\r\n\r\nhello"))
    }

    @Test("another WebSocket version is answered with 426 and the supported version, RFC 6455 §4.4")
    func version() async throws {
        let answer = try await answer(
            to: "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Key: eHh4eHh4eHh4eHh4eHh4eA==\r\nSec-WebSocket-Version: 8\r\n\r\n"
        )
        #expect(answer.hasPrefix("HTTP/1.1 426 "))
        #expect(answer.contains("sec-websocket-version: 13\r\n"))
        #expect(answer.contains("upgrade: websocket\r\n"))
        #expect(answer.contains("connection: close, upgrade\r\n"))  // RFC 9110 §7.8
    }

    @Test("the refusal of a HEAD handshake has no body, RFC 9110 §9.3.2")
    func head() async throws {
        let answer = try await answer(
            to: "HEAD / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Key: eHh4eHh4eHh4eHh4eHh4eA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        #expect(answer.hasPrefix("HTTP/1.1 4") && answer.hasSuffix("\r\n\r\n"))
        #expect(!answer.contains("content-length: 0\r\n"))
    }

    @Test("messages before a malformed frame are answered before the Close with 1002, RFC 6455 §7.1.7")
    func brokenFrame() async throws {
        try await withServer(Hello()) { url in
            let client = try await RawClient(port: HTTPURL(url).port)
            try await client.send(
                "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    + "Sec-WebSocket-Key: eHh4eHh4eHh4eHh4eHh4eA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
            )
            _ = try await client.receiveText(until: "\r\n\r\n")
            let message: [UInt8] = [0x82, 0x81, 0, 0, 0, 0, 7]
            let reserved: [UInt8] = [0xB2, 0x80, 0, 0, 0, 0]
            try await client.send(message + reserved)
            let frames = try await client.receive()
            #expect(frames.starts(with: [0x82, 1, 7, 0x88]))
            #expect(frames.dropFirst(5).prefix(2).elementsEqual([0x03, 0xEA]))
        }
    }
}
