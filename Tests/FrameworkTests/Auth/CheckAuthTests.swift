import BenchmarkFramework
import TestSupport
import Testing

/// A benchmark without tasks that decides for itself who may call it.
private struct GuardedService: BenchmarkService {
    /// The headers that the service was asked about, and how it decides.
    struct Guard: Sendable {
        let asked = Locked<[HTTPFields]>([])
        var decide: @Sendable (HTTPFields) throws -> Bool
    }
    @TaskLocal static var current = Guard { _ in false }
    private let guardian = Self.current

    func loadDatasets() async throws -> Datasets<String> { ["default": [:]] }

    func retrieveTask(_ taskID: String, in dataset: Dataset<String>, skipValidation: Bool) async throws
        -> RetrieveTaskResponse
    { throw ServiceError.unsupported("there are no tasks") }

    func setupTask(_ taskID: String, in dataset: Dataset<String>, sandbox: any Sandbox) async throws -> ChunkStream {
        throw ServiceError.unsupported("there are no tasks")
    }

    func evaluateInstance(_ taskID: String, in dataset: Dataset<String>, sandbox: any Sandbox) async throws
        -> ChunkStream
    { throw ServiceError.unsupported("there are no tasks") }

    func calculateFinalScore(_ results: JSONObject, in dataset: Dataset<String>) async throws -> FinalScoreResult {
        FinalScoreResult(score: 0)
    }

    func checkAuth(_ headers: HTTPFields) async throws -> Bool {
        guardian.asked.withLock { $0.append(headers) }
        return try guardian.decide(headers)
    }
}

@Suite("The service contract, section 9.1: a service that checks its callers itself")
struct CheckAuthTests {
    private func serve(
        _ guardian: GuardedService.Guard,
        key: String? = nil,
        _ body: (RunningService) async throws -> Void
    ) async throws {
        var configuration = ServiceConfiguration(environment: [:])
        configuration.server.port = 0
        configuration.logsRequests = false
        configuration.logLevel = .error
        configuration.authentication = BuiltInAuthentication(apiKey: key)
        let app = BenchmarkServiceApp(GuardedService.self, configuration: configuration)
        let running = try await GuardedService.$current.withValue(guardian) { try await app.start() }
        do { try await body(running) } catch {
            await running.stop()
            throw error
        }
        await running.stop()
    }

    private func ask(_ running: RunningService, _ path: String, _ lines: String = "") async throws -> String {
        let client = try await RawClient(port: running.address.port)
        try await client.send("GET \(path) HTTP/1.1\r\nhost: a\r\n\(lines)connection: close\r\n\r\n")
        return try await client.receiveText()
    }

    @Test("a service's own check replaces the environment's settings, runs once per request, and not for /health")
    func precedence() async throws {
        let guardian = GuardedService.Guard { $0["x-pass"] == "open sesame" }
        try await serve(guardian, key: "secret") { running in
            let refused = try await ask(running, "/verify-task-ids", "authorization: Bearer secret\r\n")
            #expect(refused.hasPrefix("HTTP/1.1 401 "))
            #expect(guardian.asked.withLock { $0.count } == 1)
            let allowed = try await ask(running, "/verify-task-ids", "X-Pass: open sesame\r\n")
            #expect(allowed.hasPrefix("HTTP/1.1 200 "))
            #expect(guardian.asked.withLock { $0.count } == 2)
            let health = try await ask(running, "/health")
            #expect(health.hasPrefix("HTTP/1.1 200 "))
            #expect(guardian.asked.withLock { $0.count } == 2)
        }
    }

    @Test("a field that is repeated is read as its first value")
    func repeated() async throws {
        let guardian = GuardedService.Guard { $0["x-pass"] == "a" }
        try await serve(guardian) { running in
            let first = try await ask(running, "/verify-task-ids", "x-pass: a\r\nx-pass: b\r\n")
            #expect(first.hasPrefix("HTTP/1.1 200 "))
            let last = try await ask(running, "/verify-task-ids", "x-pass: b\r\nx-pass: a\r\n")
            #expect(last.hasPrefix("HTTP/1.1 401 "))
        }
    }

    static let errors: [any Error & Sendable] = [
        SomeError(), HTTPError(403, "no"), ServiceError.invalidRequest("no"), CancellationError(),
    ]

    @Test("any error that the service's check throws is answered with 500", arguments: errors.indices)
    func throwing(_ index: Int) async throws {
        try await serve(GuardedService.Guard { _ in throw Self.errors[index] }) { running in
            let answer = try await ask(running, "/verify-task-ids")
            #expect(answer.hasPrefix("HTTP/1.1 500 "))
            #expect(answer.hasSuffix(#"{"detail":"Internal server error"}"#))
        }
    }

    @Test(
        "an error that the service's check throws on a stream is one error chunk, followed by Close 1000",
        arguments: errors.indices
    )
    func throwingOnStream(_ index: Int) async throws {
        let guardian = GuardedService.Guard { _ in throw Self.errors[index] }
        try await serve(guardian) { running in
            let url = try HTTPURL(running.url + "/ws/setup-task")
            let socket = try await directClient().openWebSocket(url)
            let chunk = try await socket.receive().map { try StreamChunk(parsing: $0.bytes) }
            #expect(chunk == .error("\(Self.errors[index])"))
            #expect(try await socket.receive() == nil)
            #expect(await socket.end?.closing == "1000 ")
            await socket.release()
            #expect(guardian.asked.withLock { $0.count } == 1)
        }
    }

    @Test("a stream that the service's check refuses is closed with 1008")
    func refusedStream() async throws {
        try await serve(GuardedService.Guard { _ in false }) { running in
            let socket = try await directClient().openWebSocket(try HTTPURL(running.url + "/ws/evaluate-instance"))
            #expect(try await socket.receive() == nil)
            #expect(await socket.end?.closing == "1008 Unauthorized")
            await socket.release()
        }
    }
}
