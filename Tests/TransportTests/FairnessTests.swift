import Dispatch
import TestSupport
import Testing

@testable import BenchmarkTransport

@Suite("No connection monopolizes its event loop", .timeLimit(.minutes(1)))
struct FairnessTests {
    /// Counts requests for `/flood`, blocks its event loop at `/hold` until released, and answers others with the
    /// count.
    final class Counting: HTTPResponder {
        let isHolding = OneShotEvent()
        private let goOn = DispatchSemaphore(value: 0)
        private let count = Locked(0)

        nonisolated(nonsending) func respond(to request: HTTPServerRequest) async -> HTTPServerResponse {
            switch request.head.path {
            case "/flood": count.withLock { $0 += 1 }
            case "/hold": block()
            default:
                return HTTPServerResponse(status: .ok, body: .bytes(Array("count=\(count.withLock { $0 });".utf8)))
            }
            return HTTPServerResponse(status: .ok)
        }

        /// Blocks the event loop, which service code must never do, so that all that a test sends meanwhile arrives at
        /// once.
        private func block() {
            isHolding.fire()
            goOn.wait()
        }

        func release() { goOn.signal() }
    }

    private static func get(_ path: String) -> String { "GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n" }

    @Test("a peer that sends thousands of requests at once does not make another wait for all of them, RFC 9112 §9.3.2")
    func pipelining() async throws {
        let counting = Counting()
        let server = HTTPServer(group: EventLoopGroup(loopCount: 1), responder: counting)
        let port = try await server.start().port
        let (flooding, other) = (try await RawClient(port: port), try await RawClient(port: port))
        try await other.send(Self.get("/"))
        #expect(try await other.receiveText(until: ";").hasSuffix("count=0;"))
        try await flooding.send(Self.get("/hold"))
        await counting.isHolding.wait()
        try await flooding.send(String(repeating: Self.get("/flood"), count: 1500))
        try await other.send(Self.get("/"))
        counting.release()
        let answer = try await other.receiveText(until: ";")
        let count = Int(answer.split(separator: "count=").last?.dropLast() ?? "") ?? .max
        #expect(count < 500)
        try await flooding.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        #expect(try await flooding.receiveText().hasSuffix("count=1500;"))
        await server.shutDown()
    }

    /// A peer that always has more to send, and accepts everything.
    private final class Endless: ByteStream {
        var owner: (any ReadinessHandler)?
        var unacknowledgedCount: Int { 0 }
        func establish() -> IOResult { .bytes(0) }
        func read(into buffer: UnsafeMutableRawBufferPointer) -> IOResult { .bytes(buffer.count) }
        func write(_ bytes: UnsafeRawBufferPointer) -> IOResult { .bytes(bytes.count) }
        func finishWriting() {}
        func resetOnClose() {}
        func close() {}
    }

    @Test(
        "endless reading and writing still lets the event loop handle its sockets and calls",
        arguments: [true, false]
    )
    func endless(_ reads: Bool) async throws {
        // Its own loop, so that a failure blocks no other test.
        let loop = EventLoopGroup(loopCount: 1).next()
        let begun = OneShotEvent()
        let moved = loop.startTask { () -> Int in
            let stream = BufferedStream(Endless(), on: loop)
            var count = 0
            while stream.failure == nil {
                if reads {
                    guard await stream.fillOrWait() else { break }
                    count += stream.input.count
                    stream.input.consume(stream.input.count)
                } else {
                    stream.write { $0.append(contentsOf: repeatElement(7, count: 70_000)) }
                    await stream.drain()
                    count += 70_000
                }
                if !begun.hasFired {
                    begun.fire()
                    // From another thread, so that the loop must check for calls.
                    _ = ServiceExecutor.shared.startTask { loop.execute { stream.close() } }
                }
            }
            return count
        }
        #expect(await moved.value > 0)
    }

    @Test("many simultaneous connections are accepted a few per tick, RFC 9112 §9.4")
    func accepting() async throws {
        let loop = EventLoopGroup(loopCount: 1).next()
        let (accepted, all) = (Locked<[LoopInstant: Int]>([:]), OneShotEvent())
        let address = try #require(SocketAddress(literal: "127.0.0.1", port: 0))
        let total = 5 * Listener.acceptsPerTick
        let listener = try await loop.startThrowingTask {
            let listener = try Listener(
                on: address,
                backlog: 1024,
                loop: loop,
                mayAccept: { true },
                accepted: { descriptor, _ in
                    Socket.reset(descriptor)
                    accepted.withLock { $0[loop.now, default: 0] += 1 }
                    if accepted.withLock({ $0.values.reduce(0, +) }) == total { all.fire() }
                }
            )
            return listener
        }.value
        // They connect before the listener starts to accept, so that all of them wait.
        var clients: [RawClient] = []
        for _ in 0..<total { clients.append(try await RawClient(port: listener.address.port)) }
        loop.execute { do { try listener.start() } catch { Issue.record(error) } }
        await all.wait()
        // The time is taken once per tick, so that the same time may cover two rounds of accepting.
        #expect(accepted.withLock { $0.values.max() ?? .max } <= 2 * Listener.acceptsPerTick)
        loop.execute { listener.close() }
    }
}
