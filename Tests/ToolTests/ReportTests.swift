import BenchmarkFramework
import Testing

@testable import runner

@Suite("The runner's report")
struct ReportTests {
    private func report(_ score: Result<FinalScoreResponse, any Error>) -> Report {
        var good = TaskOutcome(taskID: "a-long-name")
        good.result = ["resolved": true, "tests_passed": 7, "tests_total": 7]
        (good.setupSeconds, good.agentSeconds, good.evaluationSeconds) = (0.5, 12.345, 100)
        var bad = TaskOutcome(taskID: "b")
        bad.result = ["resolved": false]
        var broken = TaskOutcome(taskID: "c")
        broken.failure = "no sandbox"
        return Report(outcomes: [good, bad, broken], score: score)
    }

    private let score = FinalScoreResponse(tasksEvaluated: ["a-long-name", "b", "c"], finalScore: 33.333333)

    @Test("the table has a row per task, the reason for each missing result, and the score")
    func table() {
        let expected = """
            task         result    tests   setup    agent  evaluation
            -----------  --------  -----  ------  -------  ----------
            a-long-name  resolved    7/7  0.50 s  12.35 s    100.00 s
            b            failed
            c            error
            c: no sandbox

            final score: 33.33  (1 of 3 tasks resolved, 1 with errors)
            """
        let lines = report(.success(score)).table.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            String(line.reversed().drop { $0 == " " }.reversed())
        }
        #expect(lines.joined(separator: "\n") == expected)
    }

    @Test(
        "a run without a score reports what it has, and why there is no score",
        arguments: [
            (ServiceCallError(.invalidAnswer, "no number"), "no number"), (CancellationError(), "interrupted"),
        ] as [(any Error, String)]
    )
    func noScore(_ reason: any Error, _ text: String) {
        let report = report(.failure(reason))
        #expect(report.table.contains("\nfinal score: none  (1 of 3 tasks resolved, 1 with errors)\n"))
        #expect(report.table.hasSuffix("\nthere is no score: \(text)"))
        #expect(report.json["final_score"] == .null)
        #expect(report.json["error"] == .string(text))
        #expect(report.json["tasks"]?["b"]?["result"] == ["resolved": false])
        #expect(!report.isComplete)
        #expect(report.isInterrupted == (reason is CancellationError))
    }

    @Test(
        "a score is rounded to two digits whatever the service sends",
        arguments: [
            (0, "0.00"), (99.999, "100.00"), (0.05, "0.05"), (-0.5, "-0.50"), (-33.333, "-33.33"), (-0.001, "0.00"),
            (1e300, "1e+300"), (-1e16, "-1e+16"), (.infinity, "inf"), (.nan, "nan"),
        ]
    )
    func score(_ score: Double, _ text: String) {
        let report = Report(
            outcomes: [],
            score: .success(FinalScoreResponse(tasksEvaluated: [], finalScore: score))
        )
        #expect(report.table.contains("final score: \(text)  ("))
    }

    @Test("the JSON has everything, and null for missing values")
    func json() {
        let report = report(.success(score))
        let tasks = report.json["tasks"]
        #expect(report.json["final_score"] == 33.333333)
        #expect(report.json["error"] == .null)
        #expect(tasks?["b"]?["result"] == ["resolved": false])
        #expect(tasks?["c"]?["error"] == "no sandbox")
        #expect(tasks?["c"]?["result"] == .null)
        #expect(tasks?["a-long-name"]?["agent_seconds"] == 12.345)
    }
}
