import BenchmarkFramework

/// The results of a run, for people and for programs.
struct Report {
    let outcomes: [TaskOutcome]
    let score: FinalScoreResponse

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
        lines.append("final score: \(rounded(score.finalScore))  (\(summary))")
        return lines.joined(separator: "\n")
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
        return ["final_score": .double(score.finalScore), "metadata": .object(score.metadata), "tasks": .object(tasks)]
    }
}
