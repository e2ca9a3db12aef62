import BenchmarkFramework
import BenchmarkTransport
import Foundation

/// Shows how far the run is, and logs what each task prints.
///
/// On a terminal, one line is rewritten; elsewhere, there is a line per event.
final class Progress: Sendable {
    private struct State: Sendable {
        var phases: [String: String] = [:]
        var finished = 0
        var resolved = 0
    }
    private let state = Locked(State())
    private let total: Int
    private let isTerminal: Bool
    private let logs: LogDirectory?

    init(total: Int, logs: LogDirectory?) {
        self.total = total
        self.logs = logs
        isTerminal = isatty(1) == 1
    }

    /// Shows that a task enters a phase.
    func phase(_ taskID: String, _ phase: String) {
        logs?.append(taskID, "== \(phase)\n")
        let line = state.withLock { state -> String in
            state.phases[taskID] = phase
            return Self.line(state, total)
        }
        if isTerminal { rewrite(line) } else { print("\(taskID): \(phase)") }
        fflush(nil)
    }

    /// Logs the output of a task's setup, agent or evaluation.
    func output(_ taskID: String, _ text: String) { logs?.append(taskID, text) }

    /// Shows that a task has ended.
    func finished(_ outcome: TaskOutcome) {
        if let failure = outcome.failure { logs?.append(outcome.taskID, "== error: \(failure)\n") }
        let line = state.withLock { state -> String in
            state.phases[outcome.taskID] = nil
            state.finished += 1
            if outcome.verdict == "resolved" { state.resolved += 1 }
            return Self.line(state, total)
        }
        let text = outcome.failure.map { "\(outcome.verdict): \($0)" } ?? outcome.verdict
        if isTerminal { rewrite(line) } else { print("\(outcome.taskID): \(text)") }
        fflush(nil)
    }

    /// Erases the rewritten line, so that other text can follow.
    func end() {
        if isTerminal { print("\r\u{1b}[K", terminator: "") }
    }

    private static func line(_ state: State, _ total: Int) -> String {
        let running = state.phases.sorted { $0.key < $1.key }.map { "\($0.key) (\($0.value))" }
        return "\(state.finished)/\(total) tasks, \(state.resolved) resolved"
            + (running.isEmpty ? "" : " · " + running.joined(separator: ", "))
    }

    private func rewrite(_ line: String) { print("\r\u{1b}[K\(line.prefix(110))", terminator: "") }
}
