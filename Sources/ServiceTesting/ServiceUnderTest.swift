public import BenchmarkFramework
public import BenchmarkProtocol
public import BenchmarkSandbox

/// A benchmark that is being served for a test; see ``withService(_:configure:sandboxes:_:)``.
public struct ServiceUnderTest: Sendable {
    /// A client of the service, for what has no shorter form here.
    public let client: BenchmarkServiceClient
    /// The sandboxes, for faults on demand and the like.
    public let sandboxes: LocalDaytona
    /// The address of the service.
    public let url: String

    init(_ running: RunningService, _ sandboxes: LocalDaytona) throws {
        var configuration = BenchmarkServiceClient.Configuration()
        configuration.proxy = .none
        configuration.maxAttempts = 1
        client = try BenchmarkServiceClient(
            url: running.url,
            sandboxes: sandboxes.credentials,
            configuration: configuration
        )
        (self.sandboxes, url) = (sandboxes, running.url)
    }

    /// A new sandbox; it is deleted with the service at the latest.
    public func sandbox(_ request: CreateSandboxRequest = CreateSandboxRequest()) async throws -> DaytonaSandbox {
        try await DaytonaClient(sandboxes.credentials).createSandbox(request)
    }

    /// Has a task set up, to the end of its stream.
    ///
    /// - Parameters:
    ///   - taskID: which task.
    ///   - sandbox: where; of ``sandbox(_:)``.
    ///   - dataset: nil for the default.
    public func setUp(
        _ taskID: String,
        in sandbox: any Sandbox,
        dataset: String? = nil
    ) async throws -> StreamOutcome {
        try await StreamOutcome(client.setupTask(taskID, instanceID: sandbox.id, dataset: dataset))
    }

    /// Has the outcome in a sandbox graded, to the end of the stream.
    ///
    /// - Parameters:
    ///   - taskID: which task.
    ///   - sandbox: where; of ``sandbox(_:)``.
    ///   - dataset: nil for the default.
    public func evaluate(
        _ taskID: String,
        in sandbox: any Sandbox,
        dataset: String? = nil
    ) async throws -> StreamOutcome {
        try await StreamOutcome(client.evaluateInstance(taskID, instanceID: sandbox.id, dataset: dataset))
    }

    /// Has an answer graded that is given as text.
    public func evaluate(_ taskID: String, response: String, dataset: String? = nil) async throws -> JSONValue {
        try await client.evaluateResponse(
            EvaluateResponseRequest(taskID: taskID, response: response, dataset: dataset)
        )
    }

    /// The score of a run.
    ///
    /// - Parameters:
    ///   - results: by a task's id what its evaluation returned; null for one that failed.
    ///   - dataset: nil for the default.
    public func score(_ results: JSONObject, dataset: String? = nil) async throws -> FinalScoreResponse {
        try await client.finalScore(FinalScoreRequest(evaluationResults: results, dataset: dataset))
    }
}

/// All that a stream has sent.
public struct StreamOutcome: Sendable, Hashable {
    /// Its chunks in their order.
    public let chunks: [StreamChunk]

    /// The outcome of a stream, read to its end.
    ///
    /// - Throws: what the stream throws; an error chunk is no error here.
    public init(_ stream: some AsyncSequence<StreamChunk, any Error>) async throws {
        var chunks: [StreamChunk] = []
        for try await chunk in stream { chunks.append(chunk) }
        self.chunks = chunks
    }

    /// The messages, one behind the other.
    public var log: String {
        chunks.map { if case .message(let text) = $0 { text } else { "" } }.joined()
    }

    /// The texts of the error chunks.
    public var errors: [String] {
        chunks.compactMap { if case .error(let text) = $0 { text } else { nil } }
    }

    /// The data of the last result; nil without one.
    public var result: JSONValue? {
        chunks.compactMap { if case .result(let value) = $0 { value } else { nil } }.last
    }
}
