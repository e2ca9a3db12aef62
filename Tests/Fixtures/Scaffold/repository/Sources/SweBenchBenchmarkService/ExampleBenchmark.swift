import BenchmarkFramework
import Foundation

/// An example with two tasks, to be replaced: each asks for a short text.
///
/// The agent leaves its answer in `/workspace/answer.txt` of its sandbox, or the caller sends it as a response.
public struct ExampleBenchmark: BenchmarkService {
    /// A task as the dataset holds it.
    public struct Problem: Sendable {
        let statement: String
        let answer: String
    }

    static let problemPath = "/tmp/problem_statement.txt"
    static let answerPath = "/workspace/answer.txt"

    /// Called once, before anything else. Read configuration here.
    public init() {}

    /// Loads the tasks. Called once; a real benchmark reads them from a file with `Dataset(jsonLinesAt:)`.
    public func loadDatasets() async throws -> Datasets<Problem> {
        [
            "default": [
                "example-task-1": Problem(
                    statement: "Write a hello-world function. Answer with the text that it returns: Hello, World!",
                    answer: "Hello, World!"),
                "example-task-2": Problem(statement: "What is 2 + 2?", answer: "4"),
            ]
        ]
    }

    /// Describes what a task needs: its image, paths, time limit and resources.
    public func retrieveTask(
        _ taskID: String, in dataset: Dataset<Problem>, skipValidation: Bool
    ) async throws -> RetrieveTaskResponse {
        if !skipValidation { try dataset.validate([taskID]) }
        return RetrieveTaskResponse(
            dockerImage: "python:3.12-slim", problemPath: Self.problemPath, cwd: "/workspace", agentTimeout: 60,
            resources: Resources(vcpu: 2, memory: 4, disk: 10))
    }

    /// Prepares a sandbox for the agent.
    public func setupTask(
        _ taskID: String, in dataset: Dataset<Problem>, sandbox: any Sandbox
    ) async throws -> ChunkStream {
        let problem = try dataset.item(taskID)
        return ChunkStream { stream in
            try await stream.message("setting up \(taskID)\n")
            let statement = "\(problem.statement)\nWrite the answer to \(Self.answerPath).\n"
            try await sandbox.upload(statement, to: Self.problemPath)
            // The agent starts in this folder. For commands that take long, or whose output is worth a look:
            // stream.forward(streamCommand(sandbox, "…", cwd: "…")).
            _ = try await sandbox.run("mkdir -p workspace", cwd: "/")
            try await stream.message("wrote \(Self.problemPath)\n")
            try await stream.result(["status": "ok"])
        }
    }

    /// Grades what the agent left in its sandbox.
    public func evaluateInstance(
        _ taskID: String, in dataset: Dataset<Problem>, sandbox: any Sandbox
    ) async throws -> ChunkStream {
        let problem = try dataset.item(taskID)
        return ChunkStream { stream in
            try await stream.message("reading \(Self.answerPath)\n")
            var received = ""
            do {
                received = String(decoding: try await sandbox.download(Self.answerPath), as: UTF8.self)
            } catch let error as SandboxError where error.code == .notFound {
                try await stream.message("the agent left no answer\n")
            }
            try await stream.result(Self.grade(received, of: taskID, problem))
        }
    }

    /// Grades an answer that the caller sends. Leave this method out if answers are not plain text.
    public func evaluateResponse(
        _ request: EvaluateResponseRequest, in dataset: Dataset<Problem>
    ) async throws -> JSONValue {
        Self.grade(request.response, of: request.taskID, try dataset.item(request.taskID))
    }

    /// The score of a run: the percentage of resolved tasks. A task that failed has null for its result.
    public func calculateFinalScore(
        _ results: JSONObject, in dataset: Dataset<Problem>
    ) async throws -> FinalScoreResult {
        let resolved = results.count { $0.value["resolved"] == true }
        return FinalScoreResult(
            score: results.isEmpty ? 0 : 100 * Double(resolved) / Double(results.count),
            metadata: [
                "total_tasks": .int(results.count),
                "resolved_tasks": .int(resolved),
                "unresolved_tasks": .int(results.count - resolved),
            ])
    }

    private static func grade(_ response: String, of taskID: String, _ problem: Problem) -> JSONValue {
        let received = response.trimmingCharacters(in: .whitespacesAndNewlines)
        let isResolved = received == problem.answer
        return [
            "task_id": .string(taskID),
            "resolved": .bool(isResolved),
            "score": .double(isResolved ? 1 : 0),
            "expected": .string(problem.answer),
            "received": .string(received),
        ]
    }
}
