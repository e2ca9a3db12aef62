/// A dedicated machine in which a task is set up, worked on, and graded.
///
/// ``DaytonaSandbox`` implements it; tests may supply another.
public protocol Sandbox: Sendable {
    /// The sandbox's id, `instance_id` on the wire.
    var id: String { get }

    /// Writes a file, replacing an existing one and creating missing folders.
    ///
    /// - Parameters:
    ///   - bytes: the content of the file.
    ///   - path: the path of the file, absolute or relative to the sandbox's working directory.
    func upload(_ bytes: [UInt8], to path: String) async throws

    /// Reads a file.
    ///
    /// - Parameters:
    ///   - path: the path of the file, absolute or relative to the sandbox's working directory.
    ///   - maxBytes: the most bytes to hold; a longer file is an error.
    func download(_ path: String, maxBytes: Int) async throws -> [UInt8]

    /// Runs a short command to completion.
    ///
    /// A nonzero exit code is a result, not an error.
    ///
    /// For a command that may take longer than a minute, use ``streamCommand(_:_:cwd:ignoreError:)``: proxies along the
    /// way cut requests that stay silent.
    /// - Parameters:
    ///   - command: shell text.
    ///   - cwd: the directory to run in, taken literally; `nil` for the sandbox's working directory.
    ///   - environment: variables added to those of the sandbox.
    ///   - timeout: how long it may run before it is killed and this throws `.timedOut`; `nil` sets no limit besides
    ///     the client's own.
    func run(
        _ command: String,
        cwd: String?,
        environment: [(name: String, value: String)],
        timeout: Duration?
    ) async throws -> CommandResult

    /// Runs a command, however long it takes, and yields its output as it arrives; see
    /// ``streamCommand(_:_:cwd:ignoreError:)``.
    func output(of command: String, cwd: String, ignoreError: Bool) -> CommandOutput
}

extension Sandbox {
    /// Writes a text file as UTF-8.
    public func upload(_ text: String, to path: String) async throws { try await upload(Array(text.utf8), to: path) }

    /// Reads a file of at most 64 MiB.
    public func download(_ path: String) async throws -> [UInt8] { try await download(path, maxBytes: 64 << 20) }

    /// Runs a short command to completion in the given directory.
    public func run(_ command: String, cwd: String? = nil, timeout: Duration? = nil) async throws -> CommandResult {
        try await run(command, cwd: cwd, environment: [], timeout: timeout)
    }

    /// Runs a short command to completion in the sandbox's working directory, with variables added to the sandbox's.
    public func run(
        _ command: String,
        environment: [(name: String, value: String)],
        timeout: Duration? = nil
    ) async throws -> CommandResult {
        try await run(command, cwd: nil, environment: environment, timeout: timeout)
    }

    /// Runs a short command to completion in the given directory, with variables added to the sandbox's.
    public func run(
        _ command: String,
        cwd: String?,
        environment: [(name: String, value: String)]
    ) async throws -> CommandResult {
        try await run(command, cwd: cwd, environment: environment, timeout: nil)
    }
}

/// Runs a command in a sandbox and yields its output as it arrives.
///
/// ```swift
/// for try await text in streamCommand(sandbox, "make test", cwd: "/workspace") { … }
/// ```
///
/// Standard output and standard error are merged. Elements are pieces of text as received, neither split nor joined
/// into lines, with newlines kept. Every byte of the command's log is delivered once, in order, decoded as UTF-8 with
/// U+FFFD for invalid sequences.
///
/// The log differs from what the command writes in three ways, as Daytona logs lines and marks the stream of each: zero
/// bytes are dropped, a last line without a newline gets one, and three bytes 1 or three bytes 2 in a row are taken for
/// a mark and dropped. Download a file instead of printing binary data.
///
/// - Parameters:
///   - sandbox: the sandbox to run it in.
///   - command: shell text. It runs as `cd <cwd> && <command>`, with nothing quoted, in a shell of its own.
///   - cwd: the directory, as shell text, for compatibility: the shell expands `$HOME` and `~`, and a path with blanks
///     or other special characters must already be quoted. ``Sandbox/run(_:cwd:timeout:)`` takes its directory
///     literally.
///   - ignoreError: whether a nonzero exit code is not an error.
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
    /// The exit code; 128 plus the signal's number for a program killed by a signal, -1 if it could not be started.
    public var exitCode: Int
    /// Standard output and standard error as they arrived.
    public var output: String

    /// Creates a result from its parts.
    public init(exitCode: Int, output: String) { (self.exitCode, self.output) = (exitCode, output) }
}
