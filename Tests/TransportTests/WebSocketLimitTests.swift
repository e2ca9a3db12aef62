import BenchmarkTransport
import TestSupport
import Testing

@Suite("A WebSocket's limits and timeouts, over a socket", .timeLimit(.minutes(2)))
struct WebSocketLimitTests {
    typealias Echo = HTTPServerRefusalTests.Hello

    private static let request =
        "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        + "Sec-WebSocket-Key: eHh4eHh4eHh4eHh4eHh4eA==\r\nSec-WebSocket-Version: 13\r\n\r\n"

    /// Returns everything the server sends after some frames, up to the end of the connection.
    private func frames(after bytes: [UInt8], _ change: (inout WebSocketConfiguration) -> Void) async throws -> [UInt8]
    {
        var configuration = HTTPServerConfiguration()
        change(&configuration.webSocket)
        return try await withServer(Echo(), configuration: configuration) { url in
            let client = try await RawClient(port: try HTTPURL(url).port)
            try await client.send(Array(Self.request.utf8) + bytes)
            return Self.withoutHead(try await client.receive())
        }
    }

    private static func withoutHead(_ bytes: [UInt8]) -> [UInt8] {
        let end = Array("\r\n\r\n".utf8)
        guard let start = bytes.indices.first(where: { bytes[$0...].starts(with: end) }) else { return [] }
        return Array(bytes[(start + end.count)...])
    }

    @Test("a message longer than the limit is closed with 1009, RFC 6455 §7.4.1")
    func tooBig() async throws {
        // Only announced: 200 bytes, where 100 are allowed.
        let frames = try await frames(after: [0x82, 0xfe, 0, 200, 0, 0, 0, 0]) { $0.maxMessageBytes = 100 }
        #expect(frames.prefix(1) == [0x88] && frames.dropFirst(2).prefix(2) == [0x03, 0xf1])
    }

    @Test(
        "peers that do not answer Pings are closed with 1011, RFC 6455 §5.5.2, however many there are",
        arguments: [(50, 50), (20, 100), (100, 20)]
    )
    func silent(_ interval: Int, _ timeout: Int) async throws {
        let ends = try await withThrowingTaskGroup(of: [UInt8].self) { group in
            for _ in 0..<4 {
                group.addTask {
                    try await frames(after: []) {
                        $0.pingInterval = .milliseconds(interval)
                        $0.pongTimeout = .milliseconds(timeout)
                    }
                }
            }
            return try await group.reduce(into: [[UInt8]]()) { $0.append($1) }
        }
        for frames in ends {
            let close = frames.drop { $0 == 0x89 || $0 == 0 }
            #expect(frames.first == 0x89 && close.first == 0x88 && close.dropFirst(2).prefix(2) == [0x03, 0xf3])
        }
    }

    @Test("a peer that takes nothing is cut off, even while Pings are written to it, RFC 6455 §7.1.7")
    func stalled() async throws {
        let offering = BackPressureTests.Offering()
        var configuration = HTTPServerConfiguration()
        configuration.writeStallTimeout = .milliseconds(300)
        configuration.webSocket.pingInterval = .milliseconds(20)
        configuration.webSocket.pongTimeout = .seconds(3600)
        try await withServer(offering, configuration: configuration) { url in
            let client = try await RawClient(port: try HTTPURL(url).port, receiveBufferBytes: 65_536)
            try await client.send(Self.request)
            await offering.ended.wait()
            #expect(offering.produced.withLock { $0 } <= BackPressureTests.mostAhead)
            withExtendedLifetime(client) {}
        }
    }

    @Test("two readers of one connection each get a message")
    func twoReaders() async throws {
        try await withServer(Echo()) { url in
            let socket = try await directClient().openWebSocket(try HTTPURL(url))
            async let first = socket.receive()
            async let second = socket.receive()
            try await socket.send([1])
            try await socket.send([2])
            let received = try await [first, second]
            #expect(Set(received) == [.binary([1]), .binary([2])])
            await socket.close()
            await socket.release()
        }
    }

    @Test("a handshake with a body is refused with 400, RFC 6455 §4.1")
    func body() async throws {
        try await withServer(Echo()) { url in
            let client = try await RawClient(port: try HTTPURL(url).port)
            try await client.send(Self.request.replacing("Host: a", with: "Host: a\r\nContent-Length: 2") + "{}")
            let answer = try await client.receiveText()
            #expect(answer.hasPrefix("HTTP/1.1 400 "))
        }
    }

    @Test("a peer that does not answer a Close is waited for no longer than the close timeout, RFC 6455 §7.1.1")
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
            return Self.withoutHead(try await client.receive())
        }
        #expect(frames.prefix(1) == [0x88])
    }
}
