import BenchmarkFramework
import TestSupport
import Testing

@testable import BenchmarkTransport

@Suite("The client of a benchmark service", .timeLimit(.minutes(1)))
struct ClientTests {
    /// Answers with the response that a closure makes from the request and the number of requests before it.
    struct Script: HTTPResponder {
        let count = Locked(0)
        let answer: @Sendable (Int, HTTPRequestHead) -> HTTPServerResponse

        nonisolated(nonsending) func respond(to request: HTTPServerRequest) async -> HTTPServerResponse {
            let index = count.withLock { count in
                defer { count += 1 }
                return count
            }
            return answer(index, request.head)
        }
    }

    private static func json(_ text: String, status: Int = 200) -> HTTPServerResponse {
        HTTPServerResponse(
            status: HTTPStatus(status),
            fields: [(.contentType, "application/json")],
            body: .bytes(Array(text.utf8))
        )
    }

    private func client(_ url: String, attempts: Int = 5) throws -> BenchmarkServiceClient {
        var configuration = BenchmarkServiceClient.Configuration()
        configuration.retryPause = .zero ... .zero
        configuration.healthTimeout = .seconds(60)  // a busy machine is not a failure
        configuration.proxy = .none
        configuration.maxAttempts = attempts
        return try BenchmarkServiceClient(url: url, configuration: configuration)
    }

    @Test("a request whose connection is lost is retried, even a POST, until the attempts are used up")
    func retries() async throws {
        // A response that is cut short is a transport failure.
        let broken = HTTPServerResponse(status: .ok, body: .stream(length: 100) { try await $0.write([1]) })
        let script = Script { index, _ in
            index < 3 ? broken : Self.json(#"{"tasks_evaluated":[],"final_score":1.0,"metadata":{}}"#)
        }
        try await withServer(script) { url in
            let score = try await client(url).finalScore(FinalScoreRequest(evaluationResults: [:]))
            #expect(score.finalScore == 1)
            #expect(script.count.withLock { $0 } == 4)
        }
        let dead = Script { _, _ in broken }
        try await withServer(dead) { url in
            await #expect(throws: HTTPClientError.self) { try await client(url, attempts: 3).verifyTaskIDs() }
            #expect(dead.count.withLock { $0 } == 3)
        }
    }

    @Test("an answer that breaks the protocol is retried like a lost connection")
    func violations() async throws {
        let server = try RawServer()
        let count = Locked(0)
        try await server.serving { connection in
            _ = try await connection.receiveHead()
            count.withLock { $0 += 1 }
            try await connection.send("nonsense\r\n\r\n")
        } _: {
            let error = await #expect(throws: HTTPClientError.self) {
                try await client(server.url, attempts: 3).verifyTaskIDs()
            }
            #expect(error?.code == .protocolViolation)
        }
        #expect(count.withLock { $0 } == 3)
    }

    @Test("an evaluation whose answer is too long is not repeated")
    func tooLong() async throws {
        let script = Script { _, _ in
            HTTPServerResponse(
                status: .ok,
                body: .stream(length: nil) { writer in
                    let block = [UInt8](repeating: 0x20, count: 1 << 20)
                    while true { try await writer.write(block) }
                }
            )
        }
        try await withServer(script) { url in
            let error = await #expect(throws: HTTPClientError.self) {
                try await client(url).evaluateResponse(EvaluateResponseRequest(taskID: "a", response: "b"))
            }
            #expect(error?.code == .bodyTooLarge)
            #expect(script.count.withLock { $0 } == 1)
        }
    }

    @Test("a proxy setting that cannot be used is an error at once")
    func unusableProxy() async throws {
        var configuration = BenchmarkServiceClient.Configuration()
        configuration.proxy = ProxySettings(http: "socks5://proxy:1080")
        configuration.retryPause = .seconds(3600) ... .seconds(3600)
        let client = try BenchmarkServiceClient(url: "http://service.invalid", configuration: configuration)
        let error = await #expect(throws: HTTPClientError.self) { try await client.verifyTaskIDs() }
        #expect(error?.code == .invalidProxy)
    }

    @Test("an error status is never retried", arguments: [400, 429, 500, 503])
    func statuses(_ status: Int) async throws {
        let script = Script { _, _ in Self.json(#"{"detail":"no"}"#, status: status) }
        try await withServer(script) { url in
            let error = await #expect(throws: ServiceCallError.self) { try await client(url).verifyTaskIDs() }
            #expect(error?.status == status)
            #expect(error?.message.contains("no") == true)
            #expect(script.count.withLock { $0 } == 1)
        }
    }

    @Test("a redirect is followed with its method and body")
    func redirects() async throws {
        let script = Script { _, head in
            if head.path == "/elsewhere" { return Self.json(#""\#(head.method)""#) }
            return HTTPServerResponse(status: .temporaryRedirect, fields: [(.location, "/elsewhere")])
        }
        try await withServer(script) { url in
            let answer = try await client(url).evaluateResponse(EvaluateResponseRequest(taskID: "a", response: "b"))
            #expect(answer == "POST")
        }
    }

    @Test("endless redirects end with an error")
    func endlessRedirects() async throws {
        let script = Script { _, _ in
            HTTPServerResponse(status: .temporaryRedirect, fields: [(.location, "/again")])
        }
        try await withServer(script) { url in
            let error = await #expect(throws: HTTPClientError.self) { try await client(url).verifyTaskIDs() }
            #expect(error?.code == .badRedirect)
        }
    }

    @Test("query parameters are escaped and repeated the way the service reads them")
    func query() async throws {
        let script = Script { _, head in Self.json(#"{"task_ids":["\#(head.query ?? "")"]}"#) }
        try await withServer(script) { url in
            let ids = try await client(url).verifyTaskIDs(
                TaskFilter(taskIDs: ["a b", "é&c"], slice: "1:2", dataset: "x+y")
            )
            #expect(ids == ["task_ids=a%20b&task_ids=%C3%A9%26c&slice=1%3A2&dataset=x%2By"])
        }
    }

    @Test("an answer of the wrong shape is refused", arguments: ["", "[]", "{}", #"{"task_ids":[1]}"#])
    func wrongShape(_ body: String) async throws {
        let script = Script { _, _ in Self.json(body) }
        try await withServer(script) { url in
            let error = await #expect(throws: ServiceCallError.self) { try await client(url).verifyTaskIDs() }
            #expect(error?.code == .invalidAnswer)
        }
    }

    @Test("health is false for any status but 200, and if nothing listens")
    func health() async throws {
        try await withServer(Script { _, _ in Self.json("{}", status: 500) }) { url in
            let client = try client(url)
            #expect(await !client.health())
        }
        try await withServer(Script { _, _ in Self.json("{}") }) { url in
            let client = try client(url)
            #expect(await client.health())
        }
        let refusing = try RefusingAddress()
        let nobody = try client("http://\(refusing.address)")
        #expect(await !nobody.health())
    }

    @Test("a health check is over after its time limit even if the service does not accept the connection")
    func silentService() async throws {
        let loop = EventLoopGroup.shared.next()
        let silent = try RawServer(backlog: 0)
        // One connection fills the queue, so that later ones get no answer.
        let filler = try await ConnectionRace.connect(to: [silent.address], on: loop)
        var configuration = BenchmarkServiceClient.Configuration()
        configuration.timeout = .seconds(3600)
        configuration.healthTimeout = .milliseconds(50)
        configuration.proxy = .none
        let client = try BenchmarkServiceClient(url: silent.url, configuration: configuration)
        #expect(await !client.health())
        loop.execute { filler.close() }
        withExtendedLifetime(silent) {}
    }

    @Test("a stream that is refused or lost throws an error that says so")
    func refusedStream() async throws {
        try await withServer(Script { _, _ in Self.json("{}", status: 403) }) { url in
            _ = await #expect(throws: HTTPClientError.self) {
                for try await _ in try client(url).setupTask("t", instanceID: "i") {}
            }
        }
        let lost = Script { _, _ in
            HTTPServerResponse(
                status: .switchingProtocols,
                body: .webSocket { socket in
                    // The Pong shows that the client has received the 101.
                    try? await socket.ping()
                    socket.cut()
                }
            )
        }
        try await withServer(lost) { url in
            let error = await #expect(throws: ServiceCallError.self) {
                for try await _ in try client(url).setupTask("t", instanceID: "i") {}
            }
            #expect(error?.code == .streamBroken)
        }
    }
}
