import BenchmarkServiceTesting
import Testing
import SweBenchBenchmarkService

/// The service on a free port of this machine, called as a runner calls it, with sandboxes on this machine.
@Suite("The example benchmark")
struct ExampleBenchmarkTests {
    @Test("has two tasks in order")
    func tasks() async throws {
        try await withService(ExampleBenchmark.self) { service in
            let taskIDs = try await service.client.verifyTaskIDs()
            #expect(taskIDs == ["example-task-1", "example-task-2"])
            let task = try await service.client.retrieveTask("example-task-2")
            #expect(task.cwd == "/workspace")
        }
    }

    @Test(
        "grades the answer that the agent left in the sandbox",
        arguments: [("Hello, World!\n", true), ("Goodbye!\n", false), (nil, false)] as [(String?, Bool)])
    func instance(_ answer: String?, _ isResolved: Bool) async throws {
        try await withService(ExampleBenchmark.self) { service in
            let sandbox = try await service.sandbox()
            let setup = try await service.setUp("example-task-1", in: sandbox)
            #expect(setup.result?["status"] == "ok")

            let problem = try await sandbox.download("/tmp/problem_statement.txt")
            #expect(String(decoding: problem, as: UTF8.self).contains("hello-world"))
            if let answer { try await sandbox.upload(answer, to: "/workspace/answer.txt") }

            let grade = try await service.evaluate("example-task-1", in: sandbox)
            #expect(grade.result?["resolved"] == .bool(isResolved))
        }
    }

    @Test("grades an answer sent as text", arguments: [(" 4\n", true), ("5", false)])
    func response(_ answer: String, _ isResolved: Bool) async throws {
        try await withService(ExampleBenchmark.self) { service in
            let grade = try await service.evaluate("example-task-2", response: answer)
            #expect(grade["resolved"] == .bool(isResolved))
        }
    }

    @Test("the score is the percentage of resolved tasks")
    func score() async throws {
        try await withService(ExampleBenchmark.self) { service in
            let score = try await service.score(["example-task-1": ["resolved": true], "example-task-2": nil])
            #expect(score.finalScore == 50)
            #expect(score.metadata["unresolved_tasks"] == 1)
        }
    }
}
