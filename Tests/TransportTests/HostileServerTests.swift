import BenchmarkTransport
import TestSupport
import Testing

@Suite("A client of a hostile server", .timeLimit(.minutes(1)))
struct HostileServerTests {
    /// Sends a request to the server of a case, and then another to check that the first has broken nothing.
    ///
    /// The server must see the end of the hostile connection.
    private func check(_ hostile: Case, readTimeout: Duration? = nil) async throws {
        let server = try RawServer()
        let ends = Ends()
        try await server.serving { connection in
            let head = try await connection.receiveHead()
            if head.hasPrefix("GET /fine ") {
                try await connection.send(Self.ok + "content-length: 4\r\n\r\nfine")
                _ = await connection.receivesEnd()
                return
            }
            try? await hostile.script(connection)
            await ends.add(await connection.receivesEnd())
        } _: {
            let client = directClient()
            let request = HTTPClientRequest(hostile.method, try HTTPURL(server.url), readTimeout: readTimeout)
            switch hostile.expected {
            case .failure(let code):
                let error = await #expect(throws: HTTPClientError.self) {
                    try await client.send(request, maxBodyBytes: 1 << 16)
                }
                #expect(error?.code == code, "\(error?.message ?? "no error")")
            case .body(let status, let text):
                let result = try await client.send(request)
                #expect(result.status == status)
                #expect(result.text == text)
            }
            #expect(client.connectionCounts == (0, 0, 0))
            let fine = try await client.send(HTTPClientRequest(.get, try HTTPURL(server.url + "/fine")))
            #expect(fine.text == "fine")
            client.shutDown()
        }
        #expect(await ends.all == [true])
    }

    private actor Ends {
        var all: [Bool] = []
        func add(_ isEnd: Bool) { all.append(isEnd) }
    }

    @Test("an invalid head is an error, and the connection is closed, RFC 9112 §4", arguments: brokenHeads)
    func heads(_ hostile: Case) async throws { try await check(hostile) }

    @Test(
        "a body whose length two readers could understand differently is an error, RFC 9112 §6.3",
        arguments: brokenFraming
    )
    func framing(_ hostile: Case) async throws { try await check(hostile) }

    @Test("anything that never ends is cut off, RFC 9112 §6 and §7", arguments: floods)
    func endless(_ hostile: Case) async throws { try await check(hostile) }

    @Test("a truncated response is an error and never a shorter response, RFC 9112 §8", arguments: cut)
    func truncation(_ hostile: Case) async throws { try await check(hostile) }

    @Test("excess bytes are never part of the next response, RFC 9112 §6.3", arguments: excess)
    func tooMuch(_ hostile: Case) async throws { try await check(hostile) }

    @Test("a server that stalls in any phase is a timeout error, RFC 9112 §9.5", arguments: stalls)
    func stalling(_ hostile: Case) async throws { try await check(hostile, readTimeout: .milliseconds(100)) }

    // MARK: Other cases

    @Test("a response that precedes its request is accepted, and the connection is not reused, RFC 9112 §9.2")
    func early() async throws {
        let server = try RawServer()
        try await server.serving { connection in
            try await connection.send(Self.ok + "content-length: 5\r\n\r\nearly")
            _ = await connection.receivesEnd()
        } _: {
            let client = directClient()
            let result = try await client.send(HTTPClientRequest(.get, try HTTPURL(server.url)))
            #expect(result.text == "early")
            client.shutDown()
        }
    }

    @Test("bytes that arrive on an idle connection end it at once, RFC 9112 §9.2")
    func unasked() async throws {
        let server = try RawServer()
        let answered = OneShotEvent()
        let ended = OneShotEvent()
        try await server.serving { connection in
            _ = try await connection.receiveHead()
            try await connection.send(Self.ok + "content-length: 0\r\n\r\n")
            await answered.wait()
            try await connection.send("HTTP/1.1 408 Request Timeout\r\nconnection: close\r\n\r\n")
            #expect(await connection.receivesEnd())
            ended.fire()
        } _: {
            let client = directClient()
            _ = try await client.send(HTTPClientRequest(.get, try HTTPURL(server.url)))
            #expect(client.connectionCounts == (1, 1, 0))
            answered.fire()
            await ended.wait()
            #expect(client.connectionCounts == (0, 0, 0))
        }
    }

    @Test("a server that reads nothing of an upload is an error after the write timeout, RFC 9112 §9.5")
    func takesNothing() async throws {
        let server = try RawServer()
        let failed = OneShotEvent()
        try await server.serving { connection in
            _ = try await connection.receiveHead()
            await failed.wait()
            #expect(await connection.receivesEnd())
        } _: {
            let client = directClient { $0.writeTimeout = .milliseconds(100) }
            let body = HTTPClientRequest.Body.stream(length: nil) { writer in
                while true { try await writer.write([UInt8](repeating: 0, count: 65_536)) }
            }
            let error = await #expect(throws: HTTPClientError.self) {
                try await client.send(HTTPClientRequest(.post, try HTTPURL(server.url), body: body))
            }
            failed.fire()
            #expect(error?.code == .timedOut)
            #expect(client.connectionCounts == (0, 0, 0))
        }
    }

    /// The limits for a head, a body, and a request, of which only one is short.
    struct Limits: Sendable {
        var head, body: Duration
        var request: Duration?
    }
    private static let (short, long) = (Duration.milliseconds(50), Duration.seconds(600))

    @Test(
        "head and body have timeouts of their own, and a request's timeout replaces both, RFC 9112 §9.5",
        arguments: [
            ("", Limits(head: short, body: long)), (ok + "content-length: 2\r\n\r\nx", Limits(head: long, body: short)),
            ("", Limits(head: long, body: long, request: short)),
            (ok + "content-length: 2\r\n\r\nx", Limits(head: long, body: long, request: short)),
        ]
    )
    func timeouts(_ beginning: String, _ limits: Limits) async throws {
        let server = try RawServer()
        try await server.serving { connection in
            _ = try await connection.receiveHead()
            try await connection.send(beginning)
            #expect(await connection.receivesEnd())
        } _: {
            let client = directClient { ($0.headTimeout, $0.readTimeout) = (limits.head, limits.body) }
            let request = HTTPClientRequest(.get, try HTTPURL(server.url), readTimeout: limits.request)
            let error = await #expect(throws: HTTPClientError.self) { try await client.send(request) }
            #expect(error?.code == .timedOut)
        }
    }

    @Test("a response that trickles in single bytes ends at the limit of the whole request, RFC 9112 §9.5")
    func drip() async throws {
        let server = try RawServer()
        try await server.serving { connection in
            _ = try await connection.receiveHead()
            try await connection.send(Self.ok + "\r\n")
            while true {
                try await connection.send("x")
                try await EventLoopGroup.shared.next().sleep(for: .milliseconds(10))
            }
        } _: {
            let client = directClient { $0.requestTimeout = .seconds(2) }
            let error = await #expect(throws: HTTPClientError.self) {
                try await client.send(HTTPClientRequest(.get, try HTTPURL(server.url)))
            }
            #expect(error?.code == .timedOut)
            #expect(error?.message.contains("longer than its limit") == true)
            #expect(client.connectionCounts == (0, 0, 0))
        }
    }

    @Test(
        "cancelling a request closes its connection in any phase, RFC 9112 §9.6",
        arguments: ["", ok, ok + "\r\nx"]
    )
    func cancelling(_ beginning: String) async throws {
        let server = try RawServer()
        let begun = OneShotEvent()
        try await server.serving { connection in
            _ = try await connection.receiveHead()
            try await connection.send(beginning)
            begun.fire()
            #expect(await connection.receivesEnd())
        } _: {
            let client = directClient()
            let url = try HTTPURL(server.url)
            let task = Task { try await client.send(HTTPClientRequest(.get, url)) }
            await begun.wait()
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            #expect(client.connectionCounts == (0, 0, 0))
        }
    }
}
