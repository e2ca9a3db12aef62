import BenchmarkTransport
import TestSupport
import Testing

@Suite("A client's connection pool", .timeLimit(.minutes(1)))
struct ClientPoolTests {
    /// The connections and requests that a server has seen.
    private actor Server {
        var connections = 0
        var paths: [String] = []
        func connected() -> Int {
            connections += 1
            return connections
        }
        func asked(_ head: String) { paths.append(String(head.split(separator: " ").dropFirst().first ?? "")) }
    }

    private func serve(
        after gate: OneShotEvent? = nil,
        _ body: (RawServer, @escaping @Sendable () async -> Int, @escaping @Sendable () async -> [String]) async throws
            ->
            Void
    ) async throws {
        let server = try RawServer()
        let state = Server()
        try await server.serving { connection in
            let number = await state.connected()
            while case let head = try await connection.receiveHead(), !head.isEmpty {
                await state.asked(head)
                await gate?.wait()
                try await connection.send("HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n\(number)")
            }
        } _: {
            try await body(server, { await state.connections }, { await state.paths })
        }
    }

    @Test("at the limit of connections, requests wait in order and share those that become free, RFC 9112 §9.4")
    func ceiling() async throws {
        let gate = OneShotEvent()
        try await serve(after: gate) { server, connections, paths in
            let client = directClient { ($0.maxConnectionsPerOrigin, $0.connectTimeout) = (1, .seconds(60)) }
            let tasks = try await { () async throws -> [Task<String, any Error>] in
                var tasks: [Task<String, any Error>] = []
                for index in 0..<5 {
                    let url = try HTTPURL("\(server.url)/\(index)")
                    tasks.append(Task { try await client.send(HTTPClientRequest(.get, url)).text })
                    if index == 0 { await until { client.connectionCounts.open != 0 } }
                    await until { client.connectionCounts.waiting == index }
                }
                return tasks
            }()
            #expect(client.connectionCounts == (1, 0, 4))
            gate.fire()
            for task in tasks { #expect(try await task.value == "1") }
            #expect(await connections() == 1)
            #expect(await paths() == ["/0", "/1", "/2", "/3", "/4"])
            #expect(client.connectionCounts == (1, 1, 0))
            client.shutDown()
        }
    }

    @Test("a request that is cancelled while it waits leaves the rest of the queue as it was, RFC 9112 §9.4")
    func cancelledWaiter() async throws {
        let gate = OneShotEvent()
        try await serve(after: gate) { server, _, paths in
            let client = directClient { ($0.maxConnectionsPerOrigin, $0.connectTimeout) = (1, .seconds(60)) }
            var tasks: [Task<String, any Error>] = []
            for index in 0..<4 {
                let url = try HTTPURL("\(server.url)/\(index)")
                tasks.append(Task { try await client.send(HTTPClientRequest(.get, url)).text })
                if index == 0 { await until { client.connectionCounts.open != 0 } }
                await until { client.connectionCounts.waiting == index }
            }
            tasks[2].cancel()
            await #expect(throws: CancellationError.self) { try await tasks[2].value }
            #expect(client.connectionCounts == (1, 0, 2))
            gate.fire()
            for index in [0, 1, 3] { #expect(try await tasks[index].value == "1") }
            #expect(await paths() == ["/0", "/1", "/3"])
            client.shutDown()
        }
    }

    @Test("the connect timeout limits the wait for a connection, RFC 9112 §9.4")
    func waitTimeout() async throws {
        let gate = OneShotEvent()
        try await serve(after: gate) { server, _, _ in
            let client = directClient {
                $0.maxConnectionsPerOrigin = 1
                $0.connectTimeout = .seconds(2)  // connecting takes a part of it
            }
            let url = try HTTPURL(server.url)
            let first = Task { try await client.send(HTTPClientRequest(.get, url)).text }
            await until { client.connectionCounts.open != 0 }
            let error = await #expect(throws: HTTPClientError.self) {
                try await client.send(HTTPClientRequest(.get, url))
            }
            #expect(error?.code == .timedOut)
            #expect(error?.message.contains("none of the 1 connections") == true)
            gate.fire()
            #expect(try await first.value == "1")
            client.shutDown()
        }
    }

    @Test("requests that fail or are cancelled at any moment lose no connection slots, RFC 9112 §9.4")
    func storm() async throws {
        let server = try RawServer()
        try await server.serving { connection in
            while case let head = try await connection.receiveHead(), !head.isEmpty {
                if head.hasPrefix("GET /end") { return connection.end() }
                if head.hasPrefix("GET /bad") { try await connection.send("nonsense") }
                try await connection.send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
            }
        } _: {
            let client = directClient { ($0.maxConnectionsPerOrigin, $0.connectTimeout) = (3, .seconds(60)) }
            await withTaskGroup(of: Void.self) { group in
                for index in 0..<300 {
                    group.addTask {
                        let path = ["/ok", "/end", "/bad", "/ok", "/ok"][index % 5]
                        let task = Task {
                            _ = try await client.send(HTTPClientRequest(.get, try HTTPURL(server.url + path)))
                        }
                        if index % 7 == 0 {
                            for _ in 0..<(index % 50) { await Task.yield() }
                            task.cancel()
                        }
                        _ = await task.result
                    }
                }
            }
            let counts = client.connectionCounts
            #expect(counts.waiting == 0)
            #expect(counts.open == counts.idle)
            #expect(counts.open <= 3)
            client.shutDown()
        }
    }

    @Test("a request that must not reuse a connection waits for a new one, RFC 9110 §9.2.2")
    func waitsForNew() async throws {
        let server = try RawServer()
        let client = directClient { ($0.maxConnectionsPerOrigin, $0.connectTimeout) = (1, .seconds(60)) }
        let state = Server()
        try await server.serving { connection in
            let number = await state.connected()
            var answered = 0
            while case let head = try await connection.receiveHead(), !head.isEmpty {
                // First `/other` waits for this connection, then `/again` for that of `/other`.
                if (number, answered) == (1, 1) || (number, answered) == (2, 0) {
                    await until { client.connectionCounts.waiting == 1 }
                }
                if (number, answered) == (1, 1) { return connection.end() }
                try await connection.send("HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n\(number)")
                answered += 1
            }
        } _: {
            let (again, other) = (try HTTPURL(server.url + "/again"), try HTTPURL(server.url + "/other"))
            #expect(try await client.send(HTTPClientRequest(.get, again)).text == "1")
            let first = Task { try await client.send(HTTPClientRequest(.get, again)).text }
            await until { client.connectionCounts.idle == 0 }
            let second = Task { try await client.send(HTTPClientRequest(.get, other)).text }
            #expect(try await second.value == "2")
            #expect(try await first.value == "3")
            client.shutDown()
        }
    }

    @Test("a connection that the server has closed leaves the pool at once, RFC 9112 §9.6")
    func closedByServer() async throws {
        let server = try RawServer()
        let closing = OneShotEvent()
        try await server.serving { connection in
            _ = try await connection.receiveHead()
            try await connection.send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
            await closing.wait()
        } _: {
            let client = directClient()
            _ = try await client.send(HTTPClientRequest(.get, try HTTPURL(server.url)))
            #expect(client.connectionCounts == (1, 1, 0))
            closing.fire()
            await until { client.connectionCounts.open == 0 }
            #expect(client.connectionCounts == (0, 0, 0))
        }
    }

    @Test("connections that are idle for too long are closed, RFC 9112 §9.5")
    func expiry() async throws {
        try await serve { server, connections, _ in
            let client = directClient { $0.idleTimeout = .milliseconds(50) }
            let url = try HTTPURL(server.url)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<5 { group.addTask { _ = try await client.send(HTTPClientRequest(.get, url)) } }
                try await group.waitForAll()
            }
            await until { client.connectionCounts.open == 0 }
            let before = await connections()
            _ = try await client.send(HTTPClientRequest(.get, url))
            await until { client.connectionCounts.open == 0 }
            #expect(await connections() == before + 1)
        }
    }

    @Test("no more idle connections are kept than configured, RFC 9112 §9.4")
    func idleCeiling() async throws {
        let gate = OneShotEvent()
        try await serve(after: gate) { server, _, _ in
            let client = directClient { $0.maxIdleConnections = 2 }
            let url = try HTTPURL(server.url)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<5 { group.addTask { _ = try await client.send(HTTPClientRequest(.get, url)) } }
                await until { client.connectionCounts.open >= 5 }
                gate.fire()
                try await group.waitForAll()
            }
            await until { client.connectionCounts.open <= 2 }
            #expect(client.connectionCounts == (2, 2, 0))
            client.shutDown()
            await until { client.connectionCounts.open == 0 }
        }
    }

    @Test("an open WebSocket does not count toward the limit")
    func webSocket() async throws {
        try await withServer(LoopbackTests.Echo()) { url in
            let client = directClient { $0.maxConnectionsPerOrigin = 1 }
            let socket = try await client.openWebSocket(try HTTPURL(url + "/ws"))
            #expect(client.connectionCounts == (0, 0, 0))
            #expect(try await client.send(HTTPClientRequest(.get, try HTTPURL(url + "/nope"))).status == 404)
            await socket.close()
            await socket.release()
            client.shutDown()
        }
    }
}
