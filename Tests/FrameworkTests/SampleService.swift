import TestSupport

@testable import BenchmarkFramework

/// A benchmark of five tasks, each of which behaves as its item says.
struct SampleService: BenchmarkService {
    enum Item: Sendable {
        case plain
        /// Streams these chunks and throws this error, if any, after them.
        case stream([StreamChunk], throwing: (any Error & Sendable)? = nil)
        /// Streams what the closure writes.
        case custom(@Sendable (ChunkWriter) async throws -> Void)
    }

    /// Tasks that a test adds to the `custom` dataset of the service that it starts next.
    @TaskLocal static var customTasks: Dataset<Item> = [:]
    /// The error that loading the datasets of the next service ends with.
    @TaskLocal static var loadingError: (any Error & Sendable)?

    func loadDatasets() async throws -> Datasets<Item> {
        if let error = Self.loadingError { throw error }
        var datasets: Datasets<Item> = [
            "default": ["task-1": .plain, "task-2": .plain, "task-3": .plain, "task-4": .plain, "task-5": .plain],
            "alt": ["alt-1": .plain],
        ]
        datasets["custom"] = Self.customTasks
        return datasets
    }

    func retrieveTask(
        _ taskID: String,
        in dataset: Dataset<Item>,
        skipValidation: Bool
    ) async throws -> RetrieveTaskResponse {
        if !skipValidation { _ = try dataset.item(taskID) }
        if taskID == "broken" { throw SomeError() }
        return RetrieveTaskResponse(
            dockerImage: "python:3.12-slim",
            problemPath: "/tmp/p.txt",
            cwd: "/workspace",
            agentTimeout: nil,
            resources: Resources(vcpu: 2, memory: 4, disk: 10)
        )
    }

    func setupTask(_ taskID: String, in dataset: Dataset<Item>, sandbox: any Sandbox) async throws -> ChunkStream {
        try stream(taskID, dataset)
    }

    func evaluateInstance(
        _ taskID: String,
        in dataset: Dataset<Item>,
        sandbox: any Sandbox
    ) async throws -> ChunkStream {
        try stream(taskID, dataset)
    }

    private func stream(_ taskID: String, _ dataset: Dataset<Item>) throws -> ChunkStream {
        switch try dataset.item(taskID) {
        case .plain:
            return ChunkStream { stream in
                try await stream.message("working on \(taskID)\n")
                try await stream.result(["status": "ok"])
            }
        case .stream(let chunks, let error):
            return ChunkStream { stream in
                for chunk in chunks { try await stream.send(chunk) }
                if let error { throw error }
            }
        case .custom(let body): return ChunkStream(body)
        }
    }

    func evaluateResponse(
        _ request: EvaluateResponseRequest,
        in dataset: Dataset<Item>
    ) async throws -> JSONValue {
        switch request.response {
        case "teapot": throw HTTPError(418, "short and stout")
        case "broken": throw SomeError()
        case "refused": throw ServiceError.invalidRequest("no")
        case "refused without a word": throw ServiceError.invalidRequest("")
        case "unsupported": throw ServiceError.unsupported("not here")
        case "unusable": throw ServiceError(.invalidData, "tasks.jsonl, line 3: no JSON")
        case "wrong data": return try FinalScoreResponse(json: [:]).json
        case "undecodable": throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: "no number"))
        case "deep": return (0..<300).reduce(JSONValue.int(1)) { value, _ in [value] }
        default: return try JSONValue(parsing: request.response)
        }
    }

    func calculateFinalScore(_ results: JSONObject, in dataset: Dataset<Item>) async throws -> FinalScoreResult {
        let resolved = results.count { $0.value["resolved"] == true }
        return FinalScoreResult(
            score: results.isEmpty ? 0 : 100 * Double(resolved) / Double(results.count),
            metadata: ["results": .object(results)]
        )
    }
}

struct SomeError: Error, CustomStringConvertible {
    var description: String { "something secret" }
}

/// Serves the sample while a closure runs, with the test's own tasks in the dataset `custom`.
func withSampleService<R: Sendable>(
    custom tasks: Dataset<SampleService.Item> = [:],
    apiKey: String? = nil,
    configure: (inout ServiceConfiguration) -> Void = { _ in },
    log: ServiceLog? = nil,
    _ body: (RunningService) async throws -> R
) async throws -> R {
    var configuration = ServiceConfiguration(environment: [:])
    configuration.server.port = 0
    configuration.logsRequests = false
    configuration.credentialsTimeout = .seconds(60)  // a busy machine is not a failure
    configuration.authentication = BuiltInAuthentication(apiKey: apiKey)
    configure(&configuration)
    let app = BenchmarkServiceApp(SampleService.self, configuration: configuration)
    let running = try await SampleService.$customTasks.withValue(tasks) {
        try await app.start(log: log ?? ServiceLog(level: configuration.logLevel))
    }
    do {
        let result = try await body(running)
        await running.stop()
        return result
    } catch {
        await running.stop()
        throw error
    }
}

/// Serves the sample and a control plane with one sandbox, and passes a client of both to a closure.
func withSampleStreams<R: Sendable>(
    custom tasks: Dataset<SampleService.Item>,
    configure: (inout ServiceConfiguration) -> Void = { _ in },
    log: ServiceLog? = nil,
    _ body: (BenchmarkServiceClient, RunningService) async throws -> R
) async throws -> R {
    try await withServer(StubDaytona()) { daytona in
        try await withSampleService(custom: tasks, configure: configure, log: log) { running in
            let credentials = DaytonaCredentials(apiKey: "key", apiURL: daytona + "/api", target: "local")
            var configuration = BenchmarkServiceClient.Configuration()
            configuration.healthTimeout = .seconds(60)  // a busy machine is not a failure
            configuration.proxy = .none
            let client = try BenchmarkServiceClient(
                url: running.url,
                sandboxes: credentials,
                configuration: configuration
            )
            return try await body(client, running)
        }
    }
}
