import BenchmarkFramework

/// The results of a run, for people and for programs.
struct Report {
    let outcomes: [TaskOutcome]
    /// The score, or the reason why there is none: a `CancellationError` if the run was interrupted.
    let score: Result<FinalScoreResponse, any Error>

    /// Whether the run was interrupted, so that tasks can be missing.
    var isInterrupted: Bool {
        if case .failure(let reason) = score { reason is CancellationError } else { false }
    }

    /// Whether every task has a result, and the run a score.
    var isComplete: Bool { !outcomes.contains { $0.failure != nil } && scoreFailure == nil }

    /// A row per task, then the score.
    var table: String {
        let header = ["task", "result", "tests", "setup", "agent", "evaluation"]
        let rows = outcomes.map { outcome in
            [
                outcome.taskID, outcome.verdict, tests(outcome), time(outcome.setupSeconds),
                time(outcome.agentSeconds), time(outcome.evaluationSeconds),
            ]
        }
        let widths = header.indices.map { column in ([header] + rows).map { $0[column].count }.max() ?? 0 }
        func line(_ cells: [String]) -> String {
            let padded = zip(cells, widths).enumerated().map { index, cell in
                let space = String(repeating: " ", count: cell.1 - cell.0.count)
                return index < 2 ? cell.0 + space : space + cell.0
            }
            return padded.joined(separator: "  ")
        }
        let rule = widths.map { String(repeating: "-", count: $0) }.joined(separator: "  ")
        var lines = [line(header), rule] + rows.map(line)
        for outcome in outcomes {
            if let failure = outcome.failure { lines.append("\(outcome.taskID): \(failure)") }
        }
        lines.append("")
        let number = (try? score.get()).map { rounded($0.finalScore) } ?? "none"
        lines.append("final score: \(number)  (\(summary))")
        if let scoreFailure { lines.append("there is no score: \(scoreFailure)") }
        return lines.joined(separator: "\n")
    }

    private var scoreFailure: String? {
        guard case .failure(let reason) = score else { return nil }
        return isInterrupted ? "interrupted" : "\(reason)"
    }

    private var summary: String {
        let resolved = outcomes.count { $0.verdict == "resolved" }
        let errors = outcomes.count { $0.failure != nil }
        return "\(resolved) of \(outcomes.count) tasks resolved" + (errors == 0 ? "" : ", \(errors) with errors")
    }

    private func tests(_ outcome: TaskOutcome) -> String {
        guard let passed = outcome.result?["tests_passed"]?.intValue,
            let total = outcome.result?["tests_total"]?.intValue
        else { return "" }
        return "\(passed)/\(total)"
    }

    private func time(_ seconds: Double?) -> String { seconds.map { rounded($0) + " s" } ?? "" }

    /// Returns a number with two digits after the point; one so large that it has no such digits, or NaN, as it is.
    private func rounded(_ number: Double) -> String {
        let scaled = (number * 100).rounded()
        guard abs(scaled) < 1e15 else { return "\(number)" }
        let hundredths = Int(abs(scaled))
        let fraction = hundredths % 100
        return "\(scaled < 0 ? "-" : "")\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction)"
    }

    /// All results, for programs.
    var json: JSONValue {
        var tasks = JSONObject()
        for outcome in outcomes {
            tasks[outcome.taskID] = [
                "verdict": .string(outcome.verdict), "result": outcome.result ?? .null,
                "error": outcome.failure.map { .string($0) } ?? .null, "agent": .string(outcome.agent),
                "setup_seconds": outcome.setupSeconds.map { .double($0) } ?? .null,
                "agent_seconds": outcome.agentSeconds.map { .double($0) } ?? .null,
                "evaluation_seconds": outcome.evaluationSeconds.map { .double($0) } ?? .null,
            ]
        }
        let score = try? score.get()
        return [
            "final_score": score.map { .double($0.finalScore) } ?? .null,
            "metadata": score.map { .object($0.metadata) } ?? .null,
            "error": scoreFailure.map { .string($0) } ?? .null, "tasks": .object(tasks),
        ]
    }
}
