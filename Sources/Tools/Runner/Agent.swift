import BenchmarkFramework
import Foundation

/// The agent that runs inside a sandbox: a shell command, and possibly a program that is uploaded first.
struct Agent: Sendable {
    private let command: String
    private let program: (bytes: [UInt8], path: String)?

    /// - Parameter text: the `--agent` argument. If its first word is a file on this machine, the file is uploaded.
    init(_ text: String) {
        let words = text.split(separator: " ", maxSplits: 1).map(String.init)
        guard let first = words.first, let data = FileManager.default.contents(atPath: first) else {
            command = text
            program = nil
            return
        }
        let path = "/tmp/agent/\((first as NSString).lastPathComponent)"
        program = (Array(data), path)
        command = ([Self.quote(path)] + words.dropFirst()).joined(separator: " ")
    }

    /// Runs the agent and passes its output on.
    ///
    /// A nonzero exit code or an exceeded time limit is an outcome, not an error.
    ///
    /// - Returns: how the agent ended, as text for people.
    func run(
        _ task: RetrieveTaskResponse,
        id: String,
        timeoutSeconds: Double,
        in sandbox: any Sandbox,
        output: @escaping @Sendable (String) -> Void
    ) async throws -> String {
        if let program {
            try await sandbox.upload(program.bytes, to: program.path)
            _ = try await sandbox.run("chmod 755 \(Self.quote(program.path))")
        }
        let limit = task.agentTimeout ?? timeoutSeconds
        let seconds = Self.text(limit)
        let settings = [
            ("PROBLEM_PATH", task.problemPath), ("WORKDIR", task.cwd), ("TASK_ID", id), ("AGENT_TIMEOUT", seconds),
        ].map { "\($0)=\(Self.quote($1))" }.joined(separator: " ")
        // timeout(1) ends the agent inside the sandbox, where its children are; 10 seconds to clean up.
        let text = "export \(settings); timeout -k 10 \(seconds) sh -c \(Self.quote(command))"
        let begin = ContinuousClock.now
        do {
            for try await piece in streamCommand(sandbox, text, cwd: Self.quote(task.cwd)) { output(piece) }
            return "done"
        } catch let error as SandboxError where error.code == .commandFailed {
            // 137 means that it was killed: after the limit by timeout(1), before the limit by something else.
            let isKilledLate = error.exitCode == 137 && begin.secondsUntilNow >= limit
            return error.exitCode == 124 || isKilledLate ? "timed out after \(seconds) s" : error.message
        }
    }

    /// Returns seconds as a shell can compare them: whole ones as an integer.
    private static func text(_ seconds: Double) -> String {
        Int(exactly: seconds).map { "\($0)" } ?? "\(seconds)"
    }

    private static func quote(_ text: String) -> String {
        "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: #"'\''"#) + "'"
    }
}
