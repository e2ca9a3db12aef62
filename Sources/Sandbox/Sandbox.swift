/// A machine of one's own in which a task is set up, worked on and graded.
///
/// Implemented by ``DaytonaSandbox``; tests may bring another.
public protocol Sandbox: Sendable {
    /// The sandbox's id, `instance_id` on the wire.
    var id: String { get }

    /// Writes a file, over an old one if there is one; missing folders are made.
    ///
    /// - Parameters:
    ///   - bytes: its content.
    ///   - path: absolute, or relative to the sandbox's working directory.
    func upload(_ bytes: [UInt8], to path: String) async throws

    /// Reads a file.
    ///
    /// - Parameters:
    ///   - path: absolute, or relative to the sandbox's working directory.
    ///   - maxBytes: the most to hold; a longer file throws.
    func download(_ path: String, maxBytes: Int) async throws -> [UInt8]

    /// Runs a short command to its end.
    ///
    /// A non-zero exit is a result, not an error.
    ///
    /// For what may take longer than a minute use ``streamCommand(_:_:cwd:ignoreError:)``: proxies on the way cut
    /// requests that stay silent.
    /// - Parameters:
    ///   - command: shell text.
    ///   - cwd: where it runs, taken literally; nil for the sandbox's working directory.
    ///   - environment: variables added to the sandbox's.
    ///   - timeout: after which it is killed, and this throws `.timedOut`; nil for none.
    func run(
        _ command: String,
        cwd: String?,
        environment: [(name: String, value: String)],
        timeout: Duration?
    ) async throws -> CommandResult

    /// Runs a command of any length and yields its output as it comes; see ``streamCommand(_:_:cwd:ignoreError:)``.
    func output(of command: String, cwd: String, ignoreError: Bool) -> CommandOutput
}

extension Sandbox {
    /// Writes a text file as UTF-8.
    public func upload(_ text: String, to path: String) async throws { try await upload(Array(text.utf8), to: path) }

    /// Reads a file of at most 64 MiB.
    public func download(_ path: String) async throws -> [UInt8] { try await download(path, maxBytes: 64 << 20) }

    /// Runs a short command to its end in the given directory.
    public func run(_ command: String, cwd: String? = nil, timeout: Duration? = nil) async throws -> CommandResult {
        try await run(command, cwd: cwd, environment: [], timeout: timeout)
    }

    /// Runs a short command to its end with variables added to the sandbox's, in its working directory.
    public func run(
        _ command: String,
        environment: [(name: String, value: String)],
        timeout: Duration? = nil
    ) async throws -> CommandResult {
        try await run(command, cwd: nil, environment: environment, timeout: timeout)
    }

    /// Runs a short command to its end in the given directory with variables added to the sandbox's.
    public func run(
        _ command: String,
        cwd: String?,
        environment: [(name: String, value: String)]
    ) async throws -> CommandResult {
        try await run(command, cwd: cwd, environment: environment, timeout: nil)
    }
}

/// Runs a command in a sandbox and yields its output as it comes.
///
/// ```swift
/// for try await text in streamCommand(sandbox, "make test", cwd: "/workspace") { … }
/// ```
///
/// Standard output and standard error are merged. Elements are texts as received, neither split nor joined into lines,
/// newlines kept; every byte is delivered once, in order, as UTF-8 with U+FFFD for what is not.
///
/// - Parameters:
///   - sandbox: where it runs.
///   - command: shell text; what runs is `cd <cwd> && <command>`, nothing quoted, in a shell of its own.
///   - cwd: the directory, as shell text, for compatibility: `$HOME` and `~` are what a shell makes of them, and a path
///     with blanks or other special characters must come quoted. ``Sandbox/run(_:cwd:timeout:)`` takes its own
///     literally.
///   - ignoreError: whether a non-zero exit code is no error.
/// - Returns: a sequence that throws `SandboxError` with code `.commandFailed` after the last output if the command
///   failed, and other errors if the sandbox cannot be reached. Leaving it early, or cancelling, kills the command.
public func streamCommand(
    _ sandbox: any Sandbox,
    _ command: String,
    cwd: String,
    ignoreError: Bool = false
) -> CommandOutput {
    sandbox.output(of: command, cwd: cwd, ignoreError: ignoreError)
}

/// How a command ended.
public struct CommandResult: Sendable, Hashable {
    /// The exit code; 128 and the signal's number for a program killed by a signal, -1 if it could not be started.
    public var exitCode: Int
    /// Standard output and standard error as they came.
    public var output: String

    /// A result of the given parts.
    public init(exitCode: Int, output: String) { (self.exitCode, self.output) = (exitCode, output) }
}
