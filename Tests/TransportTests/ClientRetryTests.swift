import BenchmarkTransport
import TestSupport
import Testing

@Suite("When a client sends a request again, RFC 9110 §9.2.2", .timeLimit(.minutes(1)))
struct ClientRetryTests {
    private actor Log {
        var requests: [String] = []
        func add(_ head: String) -> Int {
            requests.append(head.split(separator: " ").prefix(2).joined(separator: " "))
            return requests.count
        }
    }

    private static let ok = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"

    /// Sends a request on a kept connection that ends during it, and returns its result and all requests of the server.
    ///
    /// - Parameter second: The server's answer to the second request, before it ends the connection.
    private func sendTwice(_ request: HTTPClientRequest.Template, second: String) async throws -> (
        Result<String, any Error>, [String]
    ) {
        let server = try RawServer()
        let log = Log()
        return try await server.serving { connection in
            while case let head = try await connection.receiveHead(), !head.isEmpty {
                if await log.add(head) == 2 {
                    try await connection.send(second)
                    return connection.end()
                }
                try await connection.send(Self.ok)
            }
        } _: {
            let client = directClient()
            _ = try await client.send(HTTPClientRequest(.get, try HTTPURL(server.url + "/first")))
            let result: Result<String, any Error>
            do { result = .success(try await client.send(try request(server.url)).text) } catch {
                result = .failure(error)
            }
            client.shutDown()
            return (result, await log.requests.filter { $0.contains("/") })  // without the chunks
        }
    }

    @Test(
        "an idempotent request is sent again if its kept connection ends without an answer",
        arguments: [HTTPMethod.get, .head, .put, .delete, .options]
    )
    func idempotent(_ method: HTTPMethod) async throws {
        let (result, requests) = try await sendTwice({ HTTPClientRequest(method, try HTTPURL($0 + "/x")) }, second: "")
        #expect(throws: Never.self) { try result.get() }
        #expect(requests == ["GET /first", "\(method) /x", "\(method) /x"])
    }

    @Test("a request that is not idempotent is never sent twice", arguments: [HTTPMethod.post, .patch])
    func notIdempotent(_ method: HTTPMethod) async throws {
        let (result, requests) = try await sendTwice({ HTTPClientRequest(method, try HTTPURL($0 + "/x")) }, second: "")
        let error = #expect(throws: HTTPClientError.self) { try result.get() }
        #expect(error?.code == .connectionLost)
        #expect(requests == ["GET /first", "\(method) /x"])
    }

    @Test(
        "a request is not sent again once any part of a response has arrived",
        arguments: ["H", "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhell"]
    )
    func answered(_ beginning: String) async throws {
        let (result, requests) = try await sendTwice(
            { HTTPClientRequest(.get, try HTTPURL($0 + "/x")) },
            second: beginning
        )
        let error = #expect(throws: HTTPClientError.self) { try result.get() }
        #expect(error?.code == .connectionLost)
        #expect(requests == ["GET /first", "GET /x"])
    }

    @Test("a streamed body is sent again only if it can be produced again", arguments: [true, false])
    func streamed(_ isReplayable: Bool) async throws {
        let (result, requests) = try await sendTwice(
            {
                let body = HTTPClientRequest.Body.stream(length: nil) { try await $0.write([1]) }
                var request = HTTPClientRequest(.put, try HTTPURL($0 + "/x"), body: body)
                request.bodyIsReplayable = isReplayable
                return request
            },
            second: ""
        )
        #expect((try? result.get()) == (isReplayable ? "ok" : nil))
        #expect(requests.count == (isReplayable ? 3 : 2))
    }

    @Test("a request whose new connection ends is not sent again")
    func newConnection() async throws {
        let server = try RawServer()
        let log = Log()
        try await server.serving { connection in
            _ = await log.add(try await connection.receiveHead())
            connection.end()
        } _: {
            let error = await #expect(throws: HTTPClientError.self) {
                try await directClient().send(HTTPClientRequest(.get, try HTTPURL(server.url)))
            }
            #expect(error?.code == .connectionLost)
        }
        #expect(await log.requests.count == 1)
    }

    @Test("a server that answers on no kept connection gets an idempotent request at most twice")
    func manyConnections() async throws {
        let server = try RawServer()
        let log = Log()
        let gate = OneShotEvent()
        try await server.serving { connection in
            _ = try await connection.receiveHead()
            await gate.wait()
            try await connection.send(Self.ok)
            _ = await log.add(try await connection.receiveHead())
            connection.end()
        } _: {
            let client = directClient()
            let url = try HTTPURL(server.url)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<5 { group.addTask { _ = try await client.send(HTTPClientRequest(.get, url)) } }
                await until { client.connectionCounts.open >= 5 }
                gate.fire()
                try await group.waitForAll()
            }
            // The second attempt is the first request of a new connection, and is answered.
            #expect(try await client.send(HTTPClientRequest(.get, url)).text == "ok")
            #expect(await log.requests.count == 1)
            client.shutDown()
        }
    }
}

extension HTTPClientRequest {
    /// Makes a request for a server's URL.
    fileprivate typealias Template = @Sendable (String) throws -> HTTPClientRequest
}
