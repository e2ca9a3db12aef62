import BenchmarkTransport
import TestSupport
import Testing

@Suite("The end of a server")
struct ShutdownTests {
    /// Answers when told to, or, at `/never`, when its task is cancelled.
    final class Held: HTTPResponder {
        let arrived = OneShotEvent()
        let released = OneShotEvent()
        let cleanedUp = Locked(false)

        nonisolated(nonsending) func respond(to request: HTTPServerRequest) async -> HTTPServerResponse {
            arrived.fire()
            if request.head.path == "/never" {
                do { try await EventLoopGroup.shared.next().sleep(for: .seconds(3600)) } catch {}
                await Task.yield()
                cleanedUp.withLock { $0 = true }
            } else {
                await released.wait()
            }
            return HTTPServerResponse(status: .ok, body: .bytes(Array("done".utf8)))
        }
    }

    @Test("requests in flight are answered, idle connections closed, new ones refused")
    func graceful() async throws {
        let responder = Held()
        let server = HTTPServer(responder: responder)
        let address = try await server.start()
        let idle = try await RawClient(port: address.port)
        let busy = try await RawClient(port: address.port)
        try await busy.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        await responder.arrived.wait()
        let stopped = Task { await server.shutDown() }
        #expect(try await idle.receive().isEmpty)
        await #expect(throws: SystemError.self) { try await RawClient(port: address.port) }
        responder.released.fire()
        let answer = try await busy.receiveText()
        #expect(answer.hasPrefix("HTTP/1.1 200 ") && answer.contains("connection: close") && answer.hasSuffix("done"))
        await stopped.value
    }

    @Test("who still answers when the time is up is cancelled, and its cleanup awaited")
    func cut() async throws {
        let responder = Held()
        var configuration = HTTPServerConfiguration()
        configuration.shutdownTimeout = .milliseconds(50)
        let server = HTTPServer(configuration: configuration, responder: responder)
        let client = try await RawClient(port: try await server.start().port)
        try await client.send("GET /never HTTP/1.1\r\nHost: a\r\n\r\n")
        await responder.arrived.wait()
        await server.shutDown()
        #expect(responder.cleanedUp.withLock { $0 })
        #expect(try await client.receive().isEmpty)
    }
}
