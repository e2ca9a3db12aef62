public import BenchmarkFramework
public import BenchmarkProtocol
public import BenchmarkSandbox

/// A benchmark that is being served for a test; see ``withService(_:configure:sandboxes:_:)``.
public struct ServiceUnderTest: Sendable {
    /// A client of the service, for calls that have no shorter form here.
    public let client: BenchmarkServiceClient
    /// The server of the sandboxes, for injecting faults and the like.
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

    /// Creates a sandbox, which is deleted when the service stops, if not before.
    public func sandbox(_ request: CreateSandboxRequest = CreateSandboxRequest()) async throws -> DaytonaSandbox {
        try await DaytonaClient(sandboxes.credentials).createSandbox(request)
    }

    /// Sets a task up, and reads the stream until it ends.
    ///
    /// - Parameters:
    ///   - taskID: the id of the task.
    ///   - sandbox: a sandbox from ``sandbox(_:)``.
    ///   - dataset: the name of the dataset; `nil` for the default one.
    public func setUp(
        _ taskID: String,
        in sandbox: any Sandbox,
        dataset: String? = nil
    ) async throws -> StreamOutcome {
        try await StreamOutcome(client.setupTask(taskID, instanceID: sandbox.id, dataset: dataset))
    }

    /// Grades the outcome in a sandbox, and reads the stream until it ends.
    ///
    /// - Parameters:
    ///   - taskID: the id of the task.
    ///   - sandbox: a sandbox from ``sandbox(_:)``.
    ///   - dataset: the name of the dataset; `nil` for the default one.
    public func evaluate(
        _ taskID: String,
        in sandbox: any Sandbox,
        dataset: String? = nil
    ) async throws -> StreamOutcome {
        try await StreamOutcome(client.evaluateInstance(taskID, instanceID: sandbox.id, dataset: dataset))
    }

    /// Grades an answer given as text.
    public func evaluate(_ taskID: String, response: String, dataset: String? = nil) async throws -> JSONValue {
        try await client.evaluateResponse(
            EvaluateResponseRequest(taskID: taskID, response: response, dataset: dataset)
        )
    }

    /// Computes the score of a run.
    ///
    /// - Parameters:
    ///   - results: the results of the evaluations by task id; null for a task that failed.
    ///   - dataset: the name of the dataset; `nil` for the default one.
    public func score(_ results: JSONObject, dataset: String? = nil) async throws -> FinalScoreResponse {
        try await client.finalScore(FinalScoreRequest(evaluationResults: results, dataset: dataset))
    }
}

/// Everything that a stream sent.
public struct StreamOutcome: Sendable, Hashable {
    /// The chunks, in order.
    public let chunks: [StreamChunk]

    /// The outcome of a stream, which is read until it ends.
    ///
    /// - Throws: the errors of the stream; an error chunk is not one.
    public init(_ stream: some AsyncSequence<StreamChunk, any Error>) async throws {
        var chunks: [StreamChunk] = []
        for try await chunk in stream { chunks.append(chunk) }
        self.chunks = chunks
    }

    /// The texts of the messages, joined.
    public var log: String {
        chunks.map { if case .message(let text) = $0 { text } else { "" } }.joined()
    }

    /// The texts of the error chunks.
    public var errors: [String] {
        chunks.compactMap { if case .error(let text) = $0 { text } else { nil } }
    }

    /// The data of the last result; `nil` if there is none.
    public var result: JSONValue? {
        chunks.compactMap { if case .result(let value) = $0 { value } else { nil } }.last
    }
}
