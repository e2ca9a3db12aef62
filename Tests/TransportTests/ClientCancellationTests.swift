import TestSupport
import Testing

@testable import BenchmarkTransport

@Suite("A cancelled request ends its own exchange", .timeLimit(.minutes(1)))
struct ClientCancellationTests {
    @Test("a late cancellation does not affect the next request on its connection, RFC 9112 §9.3")
    func late() async throws {
        let server = try RawServer()
        let mayAnswer = OneShotEvent()
        try await server.serving { connection in
            for isHeld in [false, true] {
                _ = try await connection.receiveHead()
                if isHeld { await mayAnswer.wait() }
                try await connection.send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
            }
            #expect(await connection.receivesEnd())
        } _: {
            let request = HTTPClientRequest(.get, try HTTPURL(server.url))
            let connection = try await connection(to: server, for: request.url)
            #expect(try await connection.send(request).status == .ok)
            while try await connection.nextBodyBytes(of: 1) != nil {}
            connection.cancel(exchange: 1)
            let second = Task { try await connection.send(request) }
            await until { connection.exchange == 2 }
            connection.cancel(exchange: 1)
            mayAnswer.fire()
            #expect(try await second.value.status == .ok)
            connection.cancel(exchange: 2)
            await #expect(throws: HTTPClientError.self) {
                while try await connection.nextBodyBytes(of: 2) != nil {}
            }
        }
    }

    @Test("a request that is cancelled before it is sent is never sent")
    func early() async throws {
        let server = try RawServer()
        try await server.serving { connection in
            let head = try await connection.receiveHead()
            #expect(head.isEmpty)
        } _: {
            let request = HTTPClientRequest(.get, try HTTPURL(server.url))
            let connection = try await connection(to: server, for: request.url)
            let mayBegin = OneShotEvent()
            let task = Task {
                await mayBegin.wait()
                return try await connection.send(request)
            }
            task.cancel()
            connection.cancel(exchange: 1)
            mayBegin.fire()
            await #expect(throws: CancellationError.self) { try await task.value }
            await connection.abandon()
        }
    }

    // MARK: Unread responses

    @Test("the short rest of an unread response is read, and the connection kept, RFC 9112 §9.3")
    func shortRest() async throws {
        let mayEnd = OneShotEvent()
        try await settling(within: .seconds(600)) { connection in
            await mayEnd.wait()
            try await connection.send("xxx")
        } _: { settled, pool in
            mayEnd.fire()
            await settled.value
            #expect(pool.counts.idle == 1)
        }
    }

    @Test("the rest of an unread response that keeps trickling in is not awaited, RFC 9112 §9.3")
    func tricklingRest() async throws {
        try await settling(within: .milliseconds(50), length: 1_000_000) { connection in
            while true {
                try await connection.send("x")
                try await EventLoopGroup.shared.next().sleep(for: .milliseconds(5))
            }
        } _: { settled, pool in
            await settled.value
            #expect(pool.counts.idle == 0)
        }
    }

    @Test("cancelling a task ends its wait for the rest of an unread response, RFC 9112 §9.6")
    func cancelledRest() async throws {
        try await settling(within: .seconds(600)) { _ in
        } _: { settled, pool in
            settled.cancel()
            await settled.value
            #expect(pool.counts.idle == 0)
        }
    }

    /// Settles a connection whose response, of which one byte has arrived, is not read; the server must see its end.
    private func settling(
        within limit: Duration,
        length: Int = 4,
        _ rest: @escaping @Sendable (RawConnection) async throws -> Void,
        _ body: (Task<Void, Never>, ConnectionPool) async throws -> Void
    ) async throws {
        let server = try RawServer()
        try await server.serving { connection in
            _ = try await connection.receiveHead()
            try await connection.send("HTTP/1.1 200 OK\r\ncontent-length: \(length)\r\n\r\nx")
            try? await rest(connection)
            #expect(await connection.receivesEnd())
        } _: {
            let request = HTTPClientRequest(.get, try HTTPURL(server.url))
            let connection = try await connection(to: server, for: request.url)
            let pool = ConnectionPool(HTTPClientConfiguration(), on: connection.loop)
            #expect(try await connection.send(request).status == .ok)
            try await body(Task { await connection.settle(in: pool, within: limit) }, pool)
            pool.shutDown()
        }
    }

    private func connection(to server: RawServer, for url: HTTPURL) async throws -> HTTPClientConnection {
        let loop = EventLoopGroup.shared.next()
        let address = server.address
        return try await loop.startThrowingTask {
            let socket = try await ConnectionRace.connect(to: [address], on: loop)
            let configuration = HTTPClientConfiguration()
            return HTTPClientConnection(
                BufferedStream(socket, on: loop),
                to: url,
                by: try ProxySettings.none.route(to: url, isWebSocket: false),
                configuration,
                ClientTLS(configuration.tls),
                slot: ConnectionSlot {}
            )
        }.value
    }
}
