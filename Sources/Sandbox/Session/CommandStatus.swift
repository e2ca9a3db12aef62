import BenchmarkProtocol
import BenchmarkTransport

/// Whether a command has ended, and whether it still exists.
///
/// The server is asked first; if it says nothing for too long, the sandbox's processes are looked at.
actor CommandStatus {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    private let command: HTTPURL
    private let sandbox: DaytonaSandbox
    private let log: FollowedLog
    private let begunAt: LoopInstant
    private var failures = LookupFailures()
    private var process: CommandProcess
    /// When the process of a silent command was last seen running; `nil` if it never was.
    private var seenRunningAt: LoopInstant?
    /// When the process was first seen to be gone.
    private var goneSince: LoopInstant?
    /// The command's exit code, or why it is given up, once that is known.
    private(set) var verdict: Result<Int, any Error>?

    init(of command: HTTPURL, id: String, in sandbox: DaytonaSandbox, log: FollowedLog, on loop: EventLoop) {
        (self.command, self.sandbox, self.log, self.loop) = (command, sandbox, log, loop)
        process = CommandProcess(commandID: id)
        begunAt = EventLoop.monotonicNow()
    }

    /// Asks the server for the command's exit code; without one, checks that the command is still alive.
    func lookUp() async {
        do {
            let answer = try await sandbox.client.call(.get, command)
            failures.succeed()
            if let exitCode = answer["exitCode"]?.intValue { verdict = .success(exitCode) }
        } catch let error as SandboxError {
            if let final = failures.fail(error, at: loop.now) { verdict = .failure(final) }
        } catch {
            return  // cancelled
        }
        if verdict == nil { await checkForLife() }
    }

    /// Gives up on a command that has shown neither output nor exit code for too long and has no visible process.
    private func checkForLife() async {
        let limits = sandbox.commandLimits
        if await log.byteCount == 0, seenRunningAt == nil {
            guard loop.now - begunAt >= limits.startLimit.nanoseconds, await log.isEmpty(), await log.byteCount == 0
            else { return }
            // The log stays empty if the sandbox's disk is full, but the command runs all the same.
            switch await isRunning() {
            case true?: seenRunningAt = loop.now
            case false?:
                let text = "the command has shown no sign of having started for \(limits.startLimit)"
                verdict = .failure(NotBegun(reason: SandboxError(.timedOut, text)))
            case nil:
                guard loop.now - begunAt >= limits.silenceLimit.nanoseconds else { return }
                let text = "no sign of the command for \(limits.silenceLimit), and its process could not be looked for"
                verdict = .failure(SandboxError(.timedOut, text))
            }
            return
        }
        let lastSignAt = max(await log.lastBytesAt, seenRunningAt ?? begunAt)
        guard loop.now - lastSignAt >= limits.silenceLimit.nanoseconds else { return }
        // A process that cannot be looked at is not known to be dead.
        if await isRunning() ?? true {
            seenRunningAt = loop.now
            return
        }
        // The command may have ended after the server was asked, so its exit code gets time to arrive. A sign of life
        // restarts that time.
        let since = goneSince.flatMap { $0 > lastSignAt ? $0 : nil } ?? loop.now
        goneSince = since
        guard loop.now - since >= limits.exitCodeLimit.nanoseconds else { return }
        let text = "the command is not running; no output and no exit code for \(limits.silenceLimit)"
        verdict = .failure(SandboxError(.timedOut, text))
    }

    /// Returns whether the command's process is running; `nil` if that cannot be found out.
    private func isRunning() async -> Bool? {
        process.id = await log.processID
        let look = process.look
        let seen = try? await sandbox.run(look, cwd: nil, environment: [], timeout: .seconds(10))
        return seen.flatMap { process.isRunning($0) }
    }
}
