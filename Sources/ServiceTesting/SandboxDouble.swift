public import BenchmarkSandbox
import BenchmarkTransport

/// A fake sandbox: the outcomes of its commands are in a table, and its files are in memory.
///
/// For testing code that takes a sandbox, without starting processes:
///
/// ```swift
/// let sandbox = SandboxDouble(commands: ["make test": CommandResult(exitCode: 1, output: "2 failed\n")])
/// ```
///
/// A command that is not in the table throws a `SandboxError` that names it. The double is safe to use from many tasks.
public final class SandboxDouble: Sandbox {
    /// A command that was run.
    public struct Call: Sendable, Hashable {
        /// The command as it was given.
        public let command: String
        /// The directory to run it in; `nil` for the sandbox's working directory.
        public let cwd: String?
    }

    private struct State: Sendable {
        var files: [String: [UInt8]]
        var calls: [Call] = []
    }

    /// The id of the sandbox.
    public let id: String
    private let commands: @Sendable (Call) -> CommandResult?
    private let state: Locked<State>

    /// A sandbox with a table of commands.
    ///
    /// - Parameters:
    ///   - id: the id of the sandbox.
    ///   - files: the texts of its files by path, stored as UTF-8.
    ///   - commands: the outcome of each command, wherever it is run.
    public convenience init(
        id: String = "double",
        files: [String: String] = [:],
        commands: [String: CommandResult] = [:]
    ) {
        self.init(id: id, files: files) { commands[$0.command] }
    }

    /// A sandbox whose commands have the outcomes that a closure returns.
    ///
    /// The closure returns `nil` for a command that must not be run.
    public init(
        id: String = "double",
        files: [String: String] = [:],
        commands: @escaping @Sendable (Call) -> CommandResult?
    ) {
        (self.id, self.commands) = (id, commands)
        state = Locked(State(files: files.mapValues { Array($0.utf8) }))
    }

    /// The commands that were run, in order.
    public var calls: [Call] { state.withLock { $0.calls } }

    /// The files, by path.
    public var files: [String: [UInt8]] { state.withLock { $0.files } }

    /// Stores the bytes under the path exactly as given.
    public func upload(_ bytes: [UInt8], to path: String) async throws {
        state.withLock { $0.files[path] = bytes }
    }

    /// Returns the bytes stored under the path exactly as given.
    public func download(_ path: String, maxBytes: Int) async throws -> [UInt8] {
        guard let bytes = files[path] else { throw SandboxError(.notFound, "the sandbox double has no file '\(path)'") }
        guard bytes.count <= maxBytes else {
            throw SandboxError(.tooLarge, "'\(path)' is longer than \(maxBytes) bytes")
        }
        return bytes
    }

    /// Returns the outcome that the table has for the command.
    public func run(
        _ command: String,
        cwd: String?,
        environment: [(name: String, value: String)],
        timeout: Duration?
    ) async throws -> CommandResult {
        try outcome(of: Call(command: command, cwd: cwd))
    }

    /// Returns the output that the table has for the command, in one piece, followed by an error if the exit code is
    /// not 0.
    public func output(of command: String, cwd: String, ignoreError: Bool) -> CommandOutput {
        CommandOutput { [self] writer in
            let result = try outcome(of: Call(command: command, cwd: cwd))
            if !result.output.isEmpty { try await writer.write(result.output) }
            if result.exitCode != 0, !ignoreError {
                throw SandboxError.commandFailed(exitCode: result.exitCode)
            }
        }
    }

    private func outcome(of call: Call) throws -> CommandResult {
        state.withLock { $0.calls.append(call) }
        guard let result = commands(call) else {
            throw SandboxError(.notFound, "the sandbox double has no outcome for the command '\(call.command)'")
        }
        return result
    }
}
