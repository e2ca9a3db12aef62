import BenchmarkTransport
import TestSupport
import Testing

@Suite("Objects that outlive their exchange")
struct StaleExchangeTests {
    /// Keeps the body and the writer of the first request, and uses them during the second.
    final class Keeping: HTTPResponder {
        let body = Locked<HTTPRequestBody?>(nil)
        let writer = Locked<HTTPBodyWriter?>(nil)

        nonisolated(nonsending) func respond(to request: HTTPServerRequest) async -> HTTPServerResponse {
            if let kept = body.withLock({ $0 }) {
                let bytes = try? await kept.next()
                return HTTPServerResponse(
                    status: .ok,
                    body: .stream(length: nil) { [writer] current in
                        var wasWritten = true
                        do { try await writer.withLock { $0 }?.write([1]) } catch { wasWritten = false }
                        try await current.write(Array("bytes=\(bytes?.count ?? 0) written=\(wasWritten)".utf8))
                    }
                )
            }
            body.withLock { $0 = request.body }
            return HTTPServerResponse(
                status: .ok,
                body: .stream(length: nil) { [writer] current in writer.withLock { $0 = current } }
            )
        }
    }

    @Test("a body and a writer of an earlier request can neither read nor write the next one")
    func stale() async throws {
        try await withServer(Keeping()) { url in
            let client = directClient()
            for (body, expected) in [("one", ""), ("two", "bytes=0 written=false")] {
                let request = HTTPClientRequest(.post, try HTTPURL(url), body: .bytes(Array(body.utf8)))
                #expect(try await client.send(request).text == expected)
            }
        }
    }

    @Test("a responder's informational status is answered with 500, RFC 9110 §15.2", arguments: [100, 103, 199])
    func informational(_ status: Int) async throws {
        struct Wrong: HTTPResponder {
            let status: Int
            nonisolated(nonsending) func respond(to request: HTTPServerRequest) async -> HTTPServerResponse {
                HTTPServerResponse(status: HTTPStatus(status))
            }
        }
        try await withServer(Wrong(status: status)) { url in
            let answer = try await directClient().send(HTTPClientRequest(.get, try HTTPURL(url)))
            #expect(answer.status == 500)
        }
    }
}

@Suite("Stopping a server")
struct ShutdownTests {
    /// Answers when it is released, or at `/never` when its task is cancelled.
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

    @Test("requests in flight are answered, idle connections are closed, and new ones are refused")
    func graceful() async throws {
        let responder = Held()
        var configuration = HTTPServerConfiguration()
        // No other test uses this address, so that it stays free after this one.
        configuration.host = "127.0.0.3"
        let server = HTTPServer(configuration: configuration, responder: responder)
        let address = try await server.start()
        let busy = try await RawClient(host: address.host, port: address.port)
        try await busy.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        await responder.arrived.wait()
        // One per event loop: once all of them have ended, every loop knows that the server is stopping.
        var idle: [RawClient] = []
        for _ in EventLoopGroup.shared.all { idle.append(try await RawClient(host: address.host, port: address.port)) }
        let stopped = Task { await server.shutDown() }
        for client in idle { #expect(try await client.receive().isEmpty) }
        await #expect(throws: SystemError.self) { try await RawClient(host: address.host, port: address.port) }
        responder.released.fire()
        let answer = try await busy.receiveText()
        #expect(answer.hasPrefix("HTTP/1.1 200 ") && answer.contains("connection: close") && answer.hasSuffix("done"))
        await stopped.value
    }

    /// Returns how an open WebSocket ends when its server is stopped.
    private func endOfWebSocket(
        drain: Duration = .zero,
        timeout: Duration = .seconds(30),
        _ stop: @escaping @Sendable (HTTPServer) async -> Void
    ) async throws -> WebSocketEnd? {
        var configuration = HTTPServerConfiguration()
        (configuration.webSocketDrain, configuration.shutdownTimeout) = (drain, timeout)
        let server = HTTPServer(configuration: configuration, responder: HTTPServerRefusalTests.Hello())
        let url = try HTTPURL("http://\(try await server.start())")
        let socket = try await directClient().openWebSocket(url)
        try await socket.send([1])
        #expect(try await socket.receive() == .binary([1]))
        let stopped = Task { await stop(server) }
        while (try? await socket.receive()) != nil {}
        let end = await socket.end
        await socket.release()
        await stopped.value
        return end
    }

    @Test(
        "a WebSocket is closed with 1012 when the drain period is over, however long it is, RFC 6455 §7.4.1",
        arguments: [(50, 30_000), (300, 50)]
    )
    func drained(_ drain: Int, _ timeout: Int) async throws {
        let end = try await endOfWebSocket(drain: .milliseconds(drain), timeout: .milliseconds(timeout)) {
            await $0.shutDown()
        }
        guard case .closed(code: .serviceRestart, _)? = end else {
            Issue.record("ended otherwise: \(String(describing: end))")
            return
        }
    }

    @Test("a WebSocket gets a Close with 1012 before it is cut, RFC 6455 §7.4.1")
    func cutWebSocket() async throws {
        let end = try await endOfWebSocket(drain: .seconds(3600)) { await $0.stopNow() }
        guard case .closed(code: .serviceRestart, _)? = end else {
            Issue.record("ended otherwise: \(String(describing: end))")
            return
        }
    }

    @Test("a responder that is still running at the timeout is cancelled, and its cleanup is awaited")
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
