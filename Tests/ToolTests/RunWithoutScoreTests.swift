import BenchmarkServiceTesting
import Testing

@testable import runner

/// A benchmark that divides by zero when it is asked for the score.
private struct UnscoredService: BenchmarkService {
    func loadDatasets() async throws -> Datasets<Int> { ["default": ["only": 0]] }

    func retrieveTask(
        _ taskID: String,
        in dataset: Dataset<Int>,
        skipValidation: Bool
    ) async throws -> RetrieveTaskResponse {
        RetrieveTaskResponse(dockerImage: "debian", problemPath: "/tmp/problem", cwd: "/tmp")
    }

    func setupTask(_ taskID: String, in dataset: Dataset<Int>, sandbox: any Sandbox) async throws -> ChunkStream {
        ChunkStream { try await $0.result(["status": "ok"]) }
    }

    func evaluateInstance(
        _ taskID: String,
        in dataset: Dataset<Int>,
        sandbox: any Sandbox
    ) async throws -> ChunkStream {
        ChunkStream { try await $0.result(["resolved": true]) }
    }

    func calculateFinalScore(_ results: JSONObject, in dataset: Dataset<Int>) async throws -> FinalScoreResult {
        FinalScoreResult(score: .nan)
    }
}

@Suite("A run without a score")
struct RunWithoutScoreTests {
    @Test("the results are reported even if the service has no score for them")
    func noScore() async throws {
        try await withService(UnscoredService.self) { service in
            var options = RunnerOptions()
            (options.serviceURL, options.agent) = (service.url, "true")
            options.sandboxes = service.sandboxes.credentials
            let report = try await Runner(options: options).run()
            #expect(report.outcomes.map(\.verdict) == ["resolved"])
            let error = #expect(throws: ServiceCallError.self) { try report.score.get() }
            #expect(error?.code == .invalidAnswer)
        }
    }
}
