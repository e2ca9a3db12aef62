import BenchmarkFramework

/// A service whose tasks stream as many lines as their item says.
struct StreamService: BenchmarkService {
    func loadDatasets() async throws -> Datasets<Int> { ["default": ["lines": 200_000]] }

    func retrieveTask(
        _ taskID: String,
        in dataset: Dataset<Int>,
        skipValidation: Bool
    ) async throws -> RetrieveTaskResponse {
        RetrieveTaskResponse(dockerImage: "none", problemPath: "/problem", cwd: "/")
    }

    func setupTask(_ taskID: String, in dataset: Dataset<Int>, sandbox: any Sandbox) async throws -> ChunkStream {
        let count = try dataset.item(taskID)
        return ChunkStream { stream in
            for index in 0..<count { try await stream.message("log line \(index)\n") }
        }
    }

    func evaluateInstance(
        _ taskID: String,
        in dataset: Dataset<Int>,
        sandbox: any Sandbox
    ) async throws -> ChunkStream {
        try await setupTask(taskID, in: dataset, sandbox: sandbox)
    }

    func evaluateResponse(_ request: EvaluateResponseRequest, in dataset: Dataset<Int>) async throws -> JSONValue {
        ["resolved": .bool(request.response == "yes")]
    }

    func calculateFinalScore(_ results: JSONObject, in dataset: Dataset<Int>) async throws -> FinalScoreResult {
        FinalScoreResult(score: 0)
    }
}
