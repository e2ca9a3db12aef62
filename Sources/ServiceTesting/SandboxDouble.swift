public import BenchmarkSandbox
import BenchmarkTransport

/// A sandbox that is none: its commands have their outcomes in a table, and its files are in memory.
///
/// For tests of code that is given a sandbox, where starting processes would only be in the way:
///
/// ```swift
/// let sandbox = SandboxDouble(commands: ["make test": CommandResult(exitCode: 1, output: "2 failed\n")])
/// ```
///
/// A command that is not in the table throws a `SandboxError` which names it. Safe to use from many tasks.
public final class SandboxDouble: Sandbox {
    /// A command that was run.
    public struct Call: Sendable, Hashable {
        /// The command as it was given.
        public let command: String
        /// Where it was to run; nil for the sandbox's working directory.
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
    ///   - id: by which it is known.
    ///   - files: by their paths, as UTF-8.
    ///   - commands: the outcome of each command, wherever it is run.
    public convenience init(
        id: String = "double",
        files: [String: String] = [:],
        commands: [String: CommandResult] = [:]
    ) {
        self.init(id: id, files: files) { commands[$0.command] }
    }

    /// A sandbox whose commands have the outcomes that a closure gives; nil for one that must not be run.
    public init(
        id: String = "double",
        files: [String: String] = [:],
        commands: @escaping @Sendable (Call) -> CommandResult?
    ) {
        (self.id, self.commands) = (id, commands)
        state = Locked(State(files: files.mapValues { Array($0.utf8) }))
    }

    /// The commands that were run, in their order.
    public var calls: [Call] { state.withLock { $0.calls } }

    /// The files by their paths.
    public var files: [String: [UInt8]] { state.withLock { $0.files } }

    /// Keeps the bytes under the path as it is given.
    public func upload(_ bytes: [UInt8], to path: String) async throws {
        state.withLock { $0.files[path] = bytes }
    }

    /// The bytes under the path as it is given.
    public func download(_ path: String, maxBytes: Int) async throws -> [UInt8] {
        guard let bytes = files[path] else { throw SandboxError(.notFound, "the sandbox double has no file '\(path)'") }
        guard bytes.count <= maxBytes else {
            throw SandboxError(.tooLarge, "'\(path)' is longer than \(maxBytes) bytes")
        }
        return bytes
    }

    /// The outcome that the table has for the command.
    public func run(
        _ command: String,
        cwd: String?,
        environment: [(name: String, value: String)],
        timeout: Duration?
    ) async throws -> CommandResult {
        try outcome(of: Call(command: command, cwd: cwd))
    }

    /// The output that the table has for the command, in one piece, and an error for another exit code than 0.
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
