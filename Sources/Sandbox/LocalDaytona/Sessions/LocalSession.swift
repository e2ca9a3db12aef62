import BenchmarkTransport
import CLinux
import Glibc

/// One session of a sandbox: a shell that lives as long as the session, and the commands it runs one after another.
///
/// The shell sources each command from a file, with named pipes as its standard streams, and writes its exit code to
/// another pipe. The server reads the pipes and keeps the logs. A command that ends the shell (`exit`, `exec`, a
/// failure under `set -e`) ends the session silently: the command never gets an exit code, as with the real service.
actor LocalSession {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
    /// The id that the client chose.
    nonisolated let id: String

    private let space: SandboxSpace
    private let shell: ChildProcess
    private let shellInput: BufferedStream
    /// The API path of the session's own directory.
    private let directory: String
    private let logDirectory: String
    private let grace: Duration
    private var exitCodes: FIFOReader?
    private var exitCodeText = [UInt8]()
    private var commands = [String: SessionCommand]()
    private var order = [String]()
    private var isDeleted = false
    /// Fires when the deletion in progress has ended.
    private var deletion: OneShotEvent?

    /// What a session needs from its sandbox.
    struct Setting: Sendable {
        /// The space in which its shell runs.
        let space: SandboxSpace
        /// The complete environment of the shell.
        let environment: [String]
        /// A directory on the host for logs that are too long for memory.
        let logDirectory: String
        /// The API path of the session's own directory, which does not exist yet.
        let directory: String
        /// How long processes may take to end when the session is deleted.
        let grace: Duration
        let loop: EventLoop
    }

    /// Starts the shell of a new session.
    ///
    /// Must be called on the loop's thread.
    init(id: String, _ setting: Setting) throws {
        self.id = id
        (space, loop, grace) = (setting.space, setting.loop, setting.grace)
        (logDirectory, directory) = (setting.logDirectory, setting.directory)
        try space.files.makeDirectories(directory, mode: 0o700)
        let above = try space.files.openDirectory(directory)
        guard mkfifoat(above.number, "exit_codes", 0o600) == 0 else {
            throw SandboxError.lastError("cannot make a pipe")
        }
        let pipe = try Descriptor.pipe()
        let null = try Descriptor.open("/dev/null", O_RDWR)
        shell = try space.startShell(
            in: SandboxSpace.home,
            environment: setting.environment,
            standard: (pipe.read, null, null)
        )
        pipe.read.close()
        shellInput = try BufferedStream.pipe(pipe.write, on: loop)
        // A SIGTERM to the shell alone must do no harm.
        shellInput.write { $0.append("trap : TERM\n") }
    }

    /// Starts receiving exit codes, before the first command.
    private func beginReceiving() throws {
        if exitCodes != nil { return }
        // Open for writing as well, so that the pipe never ends.
        let pipe = try space.files.open("\(directory)/exit_codes", O_RDWR)
        exitCodes = try FIFOReader(pipe, on: loop) { [weak self] bytes in
            let bytes = Array(bytes)
            self?.assumeIsolated { $0.receiveExitCodes(bytes) }
        } end: {
        }
    }

    /// Returns the API path of a session's directory.
    ///
    /// The id may be any text. The name of the directory appears in error messages of the shell, so it is the id itself
    /// where that is plain.
    ///
    /// - Parameter number: a number that no other session of the sandbox has.
    static func directory(of id: String, number: Int) -> String {
        // No plain id begins with a dot, so the two kinds of names never collide.
        let isPlain = id.utf8.count <= 64 && id.utf8.allSatisfy(Self.isPlain) && id.utf8.first != UInt8(ascii: ".")
        return "\(SandboxSpace.home)/.daytona/sessions/\(isPlain ? id : ".session-\(number)")"
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".")
        }
    }

    // MARK: Commands

    /// The ways in which a request to a session can fail.
    enum Failure: Error, Sendable, Equatable {
        case sessionNotFound, commandNotFound, sessionCancelled, brokenPipe
        case alreadyCompleted(Int)
    }

    /// The state of a command.
    struct CommandState: Sendable {
        let id: String
        let text: String
        let exitCode: Int?
        /// When it got its exit code.
        let endedAt: LoopInstant
    }

    /// Gives a command to the shell.
    ///
    /// - Parameters:
    ///   - isAsync: whether the command has a standard input, which then never ends by itself.
    ///   - isLost: whether the command is withheld from the shell, as if that had died unnoticed.
    /// - Returns: the id of the command, whose log exists from now on.
    func execute(
        _ text: String,
        isAsync: Bool,
        suppressesInputEcho: Bool,
        isLost: Bool = false
    ) async throws -> String {
        if isDeleted { throw Failure.sessionNotFound }
        if shell.outcome != nil || shellInput.failure != nil { throw Failure.brokenPipe }
        try beginReceiving()
        let id = RandomText.uuid()
        let command = SessionCommand(
            id: id,
            text: text,
            suppressesInputEcho: suppressesInputEcho,
            logPath: "\(logDirectory)/\(id).log"
        )
        let folder = "\(directory)/\(id)"
        do { try prepare(command, in: folder, isAsync: isAsync) } catch {
            command.close()
            throw error
        }
        commands[id] = command
        order.append(id)
        if isLost { return id }
        let line = feed(id, folder, isAsync: isAsync)
        shellInput.write { $0.append(line) }
        await shellInput.drainCompletely()
        if shellInput.failure != nil, !isDeleted {
            command.abandon()
            command.close()
            commands[id] = nil
            order.removeAll { $0 == id }
            throw Failure.brokenPipe
        }
        return id
    }

    /// Creates the files of a command, and starts reading its output.
    private func prepare(_ command: SessionCommand, in folder: String, isAsync: Bool) throws {
        let id = command.id
        try space.files.makeDirectories(folder, mode: 0o700)
        let above = try space.files.openDirectory(folder)
        let script = "\(folder)/cmd.sh"
        try space.files.create(script).write(Array(command.text.utf8), path: script)
        for name in ["stdout", "stderr"] + (isAsync ? ["stdin"] : []) {
            guard mkfifoat(above.number, name, 0o600) == 0 else { throw SandboxError.lastError("cannot make a pipe") }
        }
        for (stream, name) in [(LogStream.standardOutput, "stdout"), (.standardError, "stderr")] {
            let pipe = try space.files.open("\(folder)/\(name)", O_RDONLY)
            let reader = try FIFOReader(pipe, on: loop) { [weak self] bytes in
                // The bytes are consumed before the call returns.
                nonisolated(unsafe) let bytes = bytes
                self?.assumeIsolated { $0.commands[id]?.receive(bytes, stream) }
            } end: { [weak self] in
                self?.assumeIsolated { $0.commands[id]?.receiveEnd(of: stream) }
            }
            command.attach(reader, stream)
        }
        if isAsync {
            let pipe = try space.files.open("\(folder)/stdin", O_RDWR)
            command.input = try BufferedStream.pipe(pipe, on: loop)
        }
    }

    /// Returns the line that makes the shell source a command with its streams, and report its exit code.
    private func feed(_ id: String, _ folder: String, isAsync: Bool) -> String {
        let path = { (name: String) in
            let path = self.space.pathForCommands("\(folder)/\(name)")
            return "'\(path.split(separator: "'", omittingEmptySubsequences: false).joined(separator: #"'\''"#))'"
        }
        let input = isAsync ? path("stdin") : "/dev/null"
        let report = "command printf '%s %s\\n' \(id) \"$?\" >\(path("../exit_codes"))"
        return "{ . \(path("cmd.sh")); } <\(input) >\(path("stdout")) 2>\(path("stderr")); \(report)\n"
    }

    private func receiveExitCodes(_ bytes: [UInt8]) {
        exitCodeText += bytes
        if let end = exitCodeText.lastIndex(of: 0x0A) {
            for line in exitCodeText[..<end].split(separator: 0x0A) {
                let words = line.split(separator: UInt8(ascii: " ")).map { String(decoding: $0, as: UTF8.self) }
                guard words.count == 2, let code = Int(words[1]), let command = commands[words[0]] else { continue }
                command.receiveExitCode(code)
            }
            exitCodeText.removeSubrange(...end)
        }
        // Only a command can write that much here without a line feed, and then it is not a report.
        if exitCodeText.count > 4096 { exitCodeText = [] }
    }

    /// Waits until a command has ended.
    ///
    /// - Throws: `Failure.sessionCancelled` if the session is deleted first.
    func waitForEnd(of id: String) async throws -> CommandState {
        let command = try command(id)
        await command.ending.wait()
        guard command.exitCode != nil else { throw Failure.sessionCancelled }
        return try state(of: id)
    }

    private func command(_ id: String) throws -> SessionCommand {
        if isDeleted { throw Failure.sessionNotFound }
        guard let command = commands[id] else { throw Failure.commandNotFound }
        return command
    }

    /// Returns the state of a command.
    func state(of id: String) throws -> CommandState {
        let command = try command(id)
        return CommandState(id: id, text: command.text, exitCode: command.exitCode, endedAt: command.endedAt)
    }

    /// The states of all commands, in the order they were given.
    var states: [CommandState] { order.compactMap { try? state(of: $0) } }

    /// Writes a line to a command's standard input.
    ///
    /// Lines take turns, so that no more than one is held back while the command reads nothing.
    func type(_ text: String, into id: String) async throws {
        while let turn = try command(id).inputTurn, !turn.hasFired { try await turn.waitUnlessCancelled() }
        let command = try command(id)
        if let code = command.exitCode { throw Failure.alreadyCompleted(code) }
        guard let input = command.input else { throw Failure.brokenPipe }
        let line = text.utf8.last == 0x0A ? text : text + "\n"
        if !command.suppressesInputEcho { command.echo(Array(line.utf8)) }
        input.write { $0.append(line) }
        let turn = OneShotEvent()
        command.inputTurn = turn
        // Ends even if the client disconnects, since what is written cannot be taken back.
        loop.startTask {
            await input.drain()
            turn.fire()
        }
        try await turn.waitUnlessCancelled()
        if input.failure != nil, command.exitCode == nil { throw Failure.brokenPipe }
    }

    // MARK: Logs

    /// The result of reading a log at an offset.
    enum LogStep: Sendable {
        /// More bytes of the log.
        case bytes([UInt8])
        /// Nothing yet; the event fires when that may have changed.
        case wait(OneShotEvent)
        /// Nothing more: the command has ended.
        case end
        /// The session is gone.
        case gone
        /// The log could not be stored.
        case broken
    }

    /// Returns the log of a command from an offset on.
    func log(of id: String, from offset: Int, maxCount: Int) -> LogStep {
        guard !isDeleted, let command = commands[id] else { return .gone }
        let bytes = command.log.read(from: offset, maxCount: maxCount)
        if !bytes.isEmpty { return .bytes(bytes) }
        if command.log.isBroken || offset < command.log.count { return .broken }
        return command.exitCode == nil ? .wait(command.nextChange) : .end
    }

    /// Returns the log of a command as it is now.
    func currentLog(of id: String) throws -> CommandLog { try command(id).log }

    // MARK: Ending

    /// Waits until the shell has ended, for whatever reason.
    func waitForShell() async { _ = await shell.waitForExit() }

    /// Ends all waiting for the session, then the shell and everything below it, and removes the session's directory.
    ///
    /// A second call waits for the end of the first.
    func delete() async {
        await waitForDeletion()
        if isDeleted { return }
        let end = OneShotEvent()
        deletion = end
        defer { end.fire() }
        abandonCommands()
        // The shell must not see the end of its input before: once it has exited, what it started cannot be found.
        await Teardown(process: shell, leader: await space.leader(of: shell), grace: grace).run(on: loop)
        closePipes()
        if let (parent, name) = try? space.files.parent(of: directory) {
            await parent.removeTree(named: name, on: loop)
        }
    }

    /// Waits until no deletion is in progress.
    func waitForDeletion() async { await deletion?.wait() }

    /// Ends the session because its sandbox is stopping, which kills the shell.
    func abandon() {
        if isDeleted { return }
        abandonCommands()
        closePipes()
    }

    private func abandonCommands() {
        isDeleted = true
        for command in commands.values { command.abandon() }
    }

    private func closePipes() {
        shellInput.close()
        exitCodes?.close()
        for command in commands.values { command.close() }
    }
}
