import BenchmarkTransport
import TestSupport
import Testing

@Suite("A slow peer makes its producer wait", .timeLimit(.minutes(5)))
struct BackPressureTests {
    /// The kernel's buffers, and 64 KiB in this process.
    static let mostAhead = 8 << 20
    private static let block = [UInt8](repeating: 7, count: 65_536)

    /// Offers a gibibyte, as a body or as messages, and counts how much of it was taken.
    final class Offering: HTTPResponder {
        let produced = Locked(0)
        let ended = OneShotEvent()

        nonisolated(nonsending) func respond(to request: HTTPServerRequest) async -> HTTPServerResponse {
            if request.head.asksForWebSocket {
                return HTTPServerResponse(
                    status: .ok,
                    body: .webSocket { [self] socket in await offer { try await socket.send($0) } }
                )
            }
            return HTTPServerResponse(status: .ok, body: .stream(length: nil) { [self] in await offer($0.write) })
        }

        private nonisolated(nonsending) func offer(
            _ take: nonisolated(nonsending) ([UInt8]) async throws -> Void
        ) async {
            do {
                for _ in 0..<16_384 {
                    try await take(BackPressureTests.block)
                    produced.withLock { $0 += BackPressureTests.block.count }
                }
            } catch {}
            ended.fire()
        }
    }

    static let webSocketRequest =
        "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        + "Sec-WebSocket-Key: eHh4eHh4eHh4eHh4eHh4eA==\r\nSec-WebSocket-Version: 13\r\n\r\n"

    @Test(
        "a producer is never far ahead of its reader, RFC 9112 §9.5 and RFC 6455 §10.4",
        arguments: ["GET / HTTP/1.1\r\nHost: a\r\n\r\n", webSocketRequest]
    )
    func slowReader(_ request: String) async throws {
        let offering = Offering()
        try await withServer(offering) { url in
            var client: RawClient? = try await RawClient(port: try HTTPURL(url).port, receiveBufferBytes: 65_536)
            try await client?.send(request)
            var received = 0
            // Enough for an unbounded producer to run ahead.
            while received < 64 << 20 {
                guard let bytes = try await client?.receive(until: { !$0.isEmpty }), !bytes.isEmpty else { break }
                received += bytes.count
                let ahead = offering.produced.withLock { $0 } - received
                try #require(ahead <= Self.mostAhead)
            }
            #expect(received >= 64 << 20)
            client = nil
            await offering.ended.wait()
        }
    }

    @Test("a peer that takes nothing for the write-stall timeout is cut off, and its producer ends, RFC 9112 §9.5")
    func writeStall() async throws {
        let offering = Offering()
        var configuration = HTTPServerConfiguration()
        configuration.writeStallTimeout = .milliseconds(100)
        try await withServer(offering, configuration: configuration) { url in
            let client = try await RawClient(port: try HTTPURL(url).port, receiveBufferBytes: 65_536)
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            await offering.ended.wait()
            #expect(offering.produced.withLock { $0 } <= Self.mostAhead)
            withExtendedLifetime(client) {}
        }
    }

    @Test("a WebSocket whose reader takes nothing stops reading from its peer, RFC 6455 §10.4")
    func slowService() async throws {
        let (mayRead, received) = (OneShotEvent(), Locked(0))
        struct Slow: HTTPResponder {
            let mayRead: OneShotEvent
            let received: Locked<Int>
            nonisolated(nonsending) func respond(to request: HTTPServerRequest) async -> HTTPServerResponse {
                HTTPServerResponse(
                    status: .ok,
                    body: .webSocket { [mayRead, received] socket in
                        await mayRead.wait()
                        do {
                            while let message = try await socket.receive() {
                                received.withLock { $0 += message.bytes.count }
                            }
                        } catch {}
                    }
                )
            }
        }
        try await withServer(Slow(mayRead: mayRead, received: received)) { url in
            let socket = try await HTTPClient().openWebSocket(try HTTPURL(url))
            let sent = Locked(0)
            let sending = Task {
                for _ in 0..<1024 {
                    try await socket.send(Self.block)
                    sent.withLock { $0 += Self.block.count }
                }
            }
            // Sending stops once all buffers are full, which is assumed after the count has not changed for a while.
            var (last, stills) = (-1, 0)
            while stills < 20 {
                let now = sent.withLock { $0 }
                (last, stills) = (now, now == last ? stills + 1 : 0)
                try await EventLoopGroup.shared.next().sleep(for: .milliseconds(10))
            }
            #expect(last <= 2 * Self.mostAhead)
            mayRead.fire()
            try await sending.value
            await socket.close()
            await socket.release()
        }
        #expect(received.withLock { $0 } == 1024 * Self.block.count)
    }
}
