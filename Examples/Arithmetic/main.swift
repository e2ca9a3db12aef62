import BenchmarkFramework

struct ArithmeticService: BenchmarkService {
    struct Problem: Sendable { var question: String, answer: String }

    func loadDatasets() async throws -> Datasets<Problem> {
        ["default": ["add-1": Problem(question: "2+2", answer: "4"), "mul-1": Problem(question: "3*3", answer: "9")]]
    }

    func retrieveTask(
        _ taskID: String,
        in dataset: Dataset<Problem>,
        skipValidation: Bool
    ) async throws -> RetrieveTaskResponse {
        if !skipValidation { try dataset.validate([taskID]) }
        return RetrieveTaskResponse(dockerImage: "debian:12-slim", problemPath: "/tmp/problem.txt", cwd: "/workspace")
    }

    func setupTask(_ taskID: String, in dataset: Dataset<Problem>, sandbox: any Sandbox) async throws -> ChunkStream {
        let problem = try dataset.item(taskID)
        return ChunkStream { stream in
            try await sandbox.upload(problem.question, to: "/tmp/problem.txt")
            try await stream.forward(streamCommand(sandbox, "mkdir -p /workspace", cwd: "/"))
            try await stream.result(["status": "ok"])
        }
    }

    func evaluateInstance(
        _ taskID: String,
        in dataset: Dataset<Problem>,
        sandbox: any Sandbox
    ) async throws -> ChunkStream {
        let problem = try dataset.item(taskID)
        return ChunkStream { stream in
            let answer = try await sandbox.run("cat answer.txt", cwd: "/workspace")
            try await stream.message("the agent answered \(answer.output)\n")
            try await stream.result(["resolved": .bool(answer.exitCode == 0 && answer.output == problem.answer + "\n")])
        }
    }

    func calculateFinalScore(_ results: JSONObject, in dataset: Dataset<Problem>) async throws -> FinalScoreResult {
        let resolved = results.count { $0.value["resolved"] == true }
        return FinalScoreResult(score: results.isEmpty ? 0 : 100 * Double(resolved) / Double(results.count))
    }
}

try await BenchmarkServiceApp(ArithmeticService.self).run()
