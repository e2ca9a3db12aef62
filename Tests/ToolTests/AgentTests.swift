import BenchmarkFramework
import Testing

@testable import runner

@Suite("The outcome of an agent")
struct AgentTests {
    /// A sandbox in which every command ends with an exit code.
    private struct Ending: Sandbox {
        let id = "s"
        let exitCode: Int

        func upload(_ bytes: [UInt8], to path: String) async throws {}
        func download(_ path: String, maxBytes: Int) async throws -> [UInt8] { [] }
        func run(
            _ command: String,
            cwd: String?,
            environment: [(name: String, value: String)],
            timeout: Duration?
        ) async throws -> CommandResult { CommandResult(exitCode: 0, output: "") }
        func output(of command: String, cwd: String, ignoreError: Bool) -> CommandOutput {
            CommandOutput { [exitCode] _ in if exitCode != 0 { throw SandboxError.commandFailed(exitCode: exitCode) } }
        }
    }

    @Test(
        "an agent's exit code tells how it ended: timeout(1) exits with 124, or with 137 if it had to kill",
        arguments: [
            (0, 0, "done"), (3, 0, "Command failed with exit code 3"), (124, 9, "timed out after 9 s"),
            (137, 0, "timed out after 0 s"), (137, 900, "Command failed with exit code 137"),
            (137, 1e300, "Command failed with exit code 137"), (137, .nan, "Command failed with exit code 137"),
            (1124, 9, "Command failed with exit code 1124"),
        ]
    )
    func ends(_ exitCode: Int, _ limit: Double, _ outcome: String) async throws {
        let task = RetrieveTaskResponse(dockerImage: "i", problemPath: "/p", cwd: "/")
        let sandbox = Ending(exitCode: exitCode)
        let ended = try await Agent("true").run(task, id: "t", timeoutSeconds: limit, in: sandbox) { _ in }
        #expect(ended == outcome)
    }
}
