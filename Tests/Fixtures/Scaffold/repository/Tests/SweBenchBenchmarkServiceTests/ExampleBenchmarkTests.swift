import BenchmarkFramework
import Testing
import SweBenchBenchmarkService

/// The service on a free port of this machine, called as a runner calls it, with sandboxes on this machine.
@Suite("The example benchmark")
struct ExampleBenchmarkTests {
    @Test("has two tasks in order")
    func tasks() async throws {
        try await withService { service in
            let taskIDs = try await service.verifyTaskIDs()
            #expect(taskIDs == ["example-task-1", "example-task-2"])
            let task = try await service.retrieveTask("example-task-2")
            #expect(task.cwd == "/workspace")
        }
    }

    @Test(
        "grades the answer that the agent left in the sandbox",
        arguments: [("Hello, World!\n", true), ("Goodbye!\n", false), (nil, false)] as [(String?, Bool)])
    func instance(_ answer: String?, _ isResolved: Bool) async throws {
        try await withSandboxes { sandboxes in
            let sandbox = try await DaytonaClient(sandboxes).createSandbox(CreateSandboxRequest())
            try await withService(sandboxes: sandboxes) { service in
                let setup = try await result(service.setupTask("example-task-1", instanceID: sandbox.id))
                #expect(setup["status"] == "ok")

                let problem = try await sandbox.download("/tmp/problem_statement.txt")
                #expect(String(decoding: problem, as: UTF8.self).contains("hello-world"))
                if let answer { try await sandbox.upload(answer, to: "/workspace/answer.txt") }

                let grade = try await result(service.evaluateInstance("example-task-1", instanceID: sandbox.id))
                #expect(grade["resolved"] == .bool(isResolved))
            }
        }
    }

    @Test("grades an answer sent as text", arguments: [(" 4\n", true), ("5", false)])
    func response(_ answer: String, _ isResolved: Bool) async throws {
        try await withService { service in
            let grade = try await service.evaluateResponse(
                EvaluateResponseRequest(taskID: "example-task-2", response: answer))
            #expect(grade["resolved"] == .bool(isResolved))
        }
    }

    @Test("the score is the percentage of resolved tasks")
    func score() async throws {
        try await withService { service in
            let results: JSONObject = ["example-task-1": ["resolved": true], "example-task-2": nil]
            let score = try await service.finalScore(FinalScoreRequest(evaluationResults: results))
            #expect(score.finalScore == 50)
            #expect(score.metadata["unresolved_tasks"] == 1)
        }
    }

    // MARK: Set-up

    /// The data of the result that ends a stream; an error chunk throws.
    private func result(_ stream: AsyncThrowingStream<StreamChunk, any Error>) async throws -> JSONValue {
        for try await chunk in stream {
            switch chunk {
            case .result(let value): return value
            case .error(let message): throw Failure(message: message)
            default: break
            }
        }
        throw Failure(message: "the stream ended without a result")
    }

    private struct Failure: Error { let message: String }

    /// Serves the benchmark for the time of a closure, which gets a client of it.
    private func withService(
        sandboxes: DaytonaCredentials? = nil, _ body: (BenchmarkServiceClient) async throws -> Void
    ) async throws {
        var configuration = ServiceConfiguration(environment: [:])
        configuration.server.port = 0
        configuration.logsRequests = false
        configuration.authentication = BuiltInAuthentication(apiKey: nil)
        let service = try await BenchmarkServiceApp(ExampleBenchmark.self, configuration: configuration).start()
        do {
            try await body(try BenchmarkServiceClient(url: service.url, sandboxes: sandboxes))
        } catch {
            await service.stop()
            throw error
        }
        await service.stop()
    }

    /// Lends sandboxes on this machine; they are deleted afterwards.
    private func withSandboxes(_ body: (DaytonaCredentials) async throws -> Void) async throws {
        let daytona = try await LocalDaytona.start()
        do {
            try await body(daytona.credentials)
        } catch {
            await daytona.shutdown()
            throw error
        }
        await daytona.shutdown()
    }
}
