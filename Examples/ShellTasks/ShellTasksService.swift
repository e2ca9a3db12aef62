import BenchmarkFramework
import Foundation

/// The example benchmark: small POSIX shell programs, graded by hidden tests inside the sandbox.
///
/// The sandbox needs nothing but `sh` and coreutils.
struct ShellTasksService: BenchmarkService {
    static let workspace = "/workspace"
    static let solution = "/workspace/solution.sh"
    static let problemPath = "/workspace/PROBLEM.md"

    private let data: String
    private let harness: [UInt8]

    /// Reads the test harness, whose folder is beside that of the datasets.
    init() throws {
        data = try DataDirectory.find()
        guard let script = FileManager.default.contents(atPath: "\(data)/../Harness/run_tests.sh") else {
            throw ServiceError(.invalidData, "\(data)/../Harness/run_tests.sh: cannot be read")
        }
        harness = Array(script)
    }

    func loadDatasets() async throws -> Datasets<ShellTask> {
        var datasets = Datasets<ShellTask>()
        for name in ["default", "lite"] {
            datasets[name] = try Dataset(jsonLinesAt: "\(data)/\(name).jsonl") { line in
                let task = try ShellTask(line)
                return (task.id, task)
            }
        }
        return datasets
    }

    func retrieveTask(
        _ taskID: String,
        in dataset: Dataset<ShellTask>,
        skipValidation: Bool
    ) async throws -> RetrieveTaskResponse {
        let task = try dataset.item(taskID)
        return RetrieveTaskResponse(
            dockerImage: "debian:12-slim",
            problemPath: Self.problemPath,
            cwd: Self.workspace,
            agentTimeout: task.agentTimeout,
            resources: task.resources
        )
    }

    func setupTask(
        _ taskID: String,
        in dataset: Dataset<ShellTask>,
        sandbox: any Sandbox
    ) async throws -> some ChunkSequence {
        let task = try dataset.item(taskID)
        return ChunkStream { stream in
            try await stream.message("setting up \(task.id): \(task.title)\n")
            try await stream.forward(streamCommand(sandbox, "mkdir -p \(Self.workspace)", cwd: "/"))
            try await sandbox.upload(task.statement, to: Self.problemPath)
            for file in task.fixtures { try await sandbox.upload(file.text, to: "\(Self.workspace)/\(file.path)") }
            try await stream.message("wrote \(Self.problemPath) and \(task.fixtures.count) fixtures\n")
            try await stream.result(["status": "ok"])
        }
    }

    func evaluateInstance(
        _ taskID: String,
        in dataset: Dataset<ShellTask>,
        sandbox: any Sandbox
    ) async throws -> some ChunkSequence {
        let task = try dataset.item(taskID)
        return ChunkStream { [harness] stream in
            let grader = Grader(task: task, harness: harness, sandbox: sandbox)
            let grade = try await grader.grade(solution: Self.solution) { try await stream.message($0) }
            try await stream.result(grade.json)
        }
    }

    /// Grades a program sent as text, in a sandbox on this machine.
    func evaluateResponse(
        _ request: EvaluateResponseRequest,
        in dataset: Dataset<ShellTask>
    ) async throws -> JSONValue {
        let task = try dataset.item(request.taskID)
        return try await withLocalSandbox { sandbox in
            try await sandbox.upload(request.response, to: Self.solution)
            let grader = Grader(task: task, harness: harness, sandbox: sandbox)
            return try await grader.grade(solution: Self.solution) { _ in }.json
        }
    }

    func calculateFinalScore(
        _ results: JSONObject,
        in dataset: Dataset<ShellTask>
    ) async throws -> FinalScoreResult {
        var categories = JSONObject()
        var resolved = 0
        for (id, result) in results {
            let category = try dataset.item(id).category
            let isResolved = result["resolved"] == true
            if isResolved { resolved += 1 }
            let before = categories[category]
            categories[category] = [
                "tasks": .int((before?["tasks"]?.intValue ?? 0) + 1),
                "resolved": .int((before?["resolved"]?.intValue ?? 0) + (isResolved ? 1 : 0)),
            ]
        }
        let score = results.isEmpty ? 0 : 100 * Double(resolved) / Double(results.count)
        return FinalScoreResult(
            score: score,
            metadata: [
                "total_tasks": .int(results.count), "resolved_tasks": .int(resolved),
                "categories": .object(categories),
            ]
        )
    }
}
