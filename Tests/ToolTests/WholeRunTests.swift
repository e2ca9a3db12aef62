import BenchmarkServiceTesting
import Foundation
import TestSupport
import Testing

@testable import runner
@testable import shell_tasks

@Suite("The example benchmark from start to finish")
struct WholeRunTests {
    private static let examples = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../Examples/ShellTasks").standardizedFileURL.path

    private func run(_ url: String, agent: String, _ change: (inout RunnerOptions) -> Void = { _ in }) async throws
        -> Report
    {
        var options = RunnerOptions()
        (options.serviceURL, options.agent) = (url, agent)
        change(&options)
        return try await Runner(options: options).run()
    }

    @Test("the demo agent resolves the tasks that it should, and the score says so")
    func demoAgent() async throws {
        try await withService(ShellTasksService.self) { service in
            let agent = "\(Self.examples)/Agents/demo-agent.sh"
            let report = try await run(service.url, agent: agent) { $0.dataset = "lite" }
            #expect(
                report.outcomes.map(\.taskID) == [
                    "word-frequency", "csv-sum", "roman-numerals", "leap-years", "ini-get",
                ]
            )
            #expect(report.outcomes.map(\.verdict) == ["failed", "resolved", "failed", "failed", "resolved"])
            let score = try report.score.get()
            #expect(score.finalScore == 40)
            #expect(score.metadata["categories"]?["numbers"] == ["tasks": 2, "resolved": 1])
        }
    }

    @Test("an agent that fails is graded for what it left")
    func failingAgent() async throws {
        try await withService(ShellTasksService.self) { service in
            let agent = "echo 'exit 2' > solution.sh; exit 3"
            let failing = try await run(service.url, agent: agent) { $0.taskIDs = ["leap-years"] }
            #expect(failing.outcomes.first?.agent == "Command failed with exit code 3")
            #expect(failing.outcomes.first?.result == ["resolved": false, "tests_passed": 0, "tests_total": 9])
        }
    }

    @Test("an agent that runs out of time is graded for what it left")
    func lateAgent() async throws {
        try await withTemporaryDirectory { folder in
            let files = FileManager.default
            for name in ["Data", "Harness"] {
                try files.copyItem(atPath: "\(Self.examples)/\(name)", toPath: "\(folder)/\(name)")
            }
            let data = "\(folder)/Data/default.jsonl"
            let tasks = try String(contentsOfFile: data, encoding: .utf8)
            let hurried = tasks.replacing(/"agent_timeout": *[0-9.]+/, with: #""agent_timeout": 3"#)
            try hurried.write(toFile: data, atomically: true, encoding: .utf8)
            let solution = try String(contentsOfFile: "\(Self.examples)/Reference/leap-years.sh", encoding: .utf8)
            let agent = "\(folder)/agent's.sh"
            let script = """
                #!/bin/sh
                [ "$AGENT_TIMEOUT" -eq 3 ] || exit
                cat > solution.sh <<'END'
                \(solution)
                END
                exec sleep 3600

                """
            try script.write(toFile: agent, atomically: true, encoding: .utf8)
            let service = Program(
                path: Program.product("shell-tasks"),
                arguments: ["--port", "0"],
                environment: ["SHELL_TASKS_DATA": "\(folder)/Data"]
            )
            let exitCode = try await service.serve { url in
                let outcome = try await run(url, agent: agent) { $0.taskIDs = ["leap-years"] }.outcomes.first
                #expect(outcome?.agent == "timed out after 3 s")
                #expect(outcome?.result == ["resolved": true, "tests_passed": 9, "tests_total": 9])
            }
            #expect(exitCode == 0)
        }
    }

    @Test("an unknown task is refused with the service's own message")
    func unknownTask() async throws {
        try await withService(ShellTasksService.self) { service in
            let error = await #expect(throws: ServiceCallError.self) {
                try await run(service.url, agent: "true") { $0.taskIDs = ["nope"] }
            }
            #expect(error?.status == 400)
            #expect(error?.message.contains("Task ID not found: nope") == true)
        }
    }

    @Test("a program sent as text is graded as well", arguments: [("csv-sum", true), ("wrong/caesar", false)])
    func evaluateResponse(_ program: String, _ isResolved: Bool) async throws {
        let text = try String(contentsOfFile: "\(Self.examples)/Reference/\(program).sh", encoding: .utf8)
        let id = program.split(separator: "/").last.map(String.init) ?? ""
        try await withService(ShellTasksService.self) { service in
            let result = try await service.evaluate(id, response: text)
            #expect(result["resolved"] == .bool(isResolved))
        }
    }

    @Test("every task has a statement for the agent and at least six tests")
    func content() async throws {
        let datasets = try await ShellTasksService().loadDatasets()
        let all = try datasets.dataset(nil)
        #expect(all.count >= 12)
        for id in all.taskIDs {
            let task = try all.item(id)
            #expect(task.tests.count >= 6)
            #expect(task.statement.contains("Task: \(id)\n"))
        }
        let lite = try datasets.dataset("lite")
        #expect(!lite.taskIDs.isEmpty)
        try all.validate(lite.taskIDs)
    }
}
