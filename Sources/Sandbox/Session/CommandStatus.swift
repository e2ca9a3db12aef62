import BenchmarkProtocol
import BenchmarkTransport

/// Whether a command has ended, and whether it is still there: asked of the server, and, where that says nothing for
/// long, of the sandbox's processes.
actor CommandStatus {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    private let command: HTTPURL
    private let sandbox: DaytonaSandbox
    private let log: FollowedLog
    private let begunAt: LoopInstant
    private var failures = LookupFailures()
    /// When the process of a silent command was last seen to run.
    private var seenRunningAt: LoopInstant
    /// Since when it has been seen to be gone.
    private var goneSince: LoopInstant?
    /// How the command ended, or why it is given up, once that is known.
    private(set) var verdict: Result<Int, any Error>?

    init(of command: HTTPURL, in sandbox: DaytonaSandbox, log: FollowedLog, on loop: EventLoop) {
        (self.command, self.sandbox, self.log, self.loop) = (command, sandbox, log, loop)
        begunAt = EventLoop.monotonicNow()
        seenRunningAt = begunAt
    }

    /// Asks how the command is.
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

    /// Gives up a command that has shown neither output nor exit code for too long, and of which no process is seen.
    private func checkForLife() async {
        let limits = sandbox.commandLimits
        if await log.byteCount == 0 {
            guard loop.now - begunAt >= limits.startLimit.nanoseconds, await log.isEmpty(), await log.byteCount == 0
            else { return }
            let text = "the command has shown no sign of having started for \(limits.startLimit)"
            verdict = .failure(NotBegun(reason: SandboxError(.timedOut, text)))
            return
        }
        let lastSignAt = max(await log.lastBytesAt, seenRunningAt)
        guard loop.now - lastSignAt >= limits.silenceLimit.nanoseconds else { return }
        if let processID = await log.processID {
            let look = "test -d /proc/\(processID) && echo running"
            let seen = try? await sandbox.run(look, cwd: nil, environment: [], timeout: .seconds(10))
            // What cannot be asked is not known to be dead.
            if seen?.output.contains("running") ?? true {
                seenRunningAt = loop.now
                return
            }
        }
        // It may have ended since it was asked; and what has shown something since is not gone since then.
        let since = goneSince.flatMap { $0 > lastSignAt ? $0 : nil } ?? loop.now
        goneSince = since
        guard loop.now - since >= limits.exitCodeLimit.nanoseconds else { return }
        let text = "the command is not running; no output and no exit code for \(limits.silenceLimit)"
        verdict = .failure(SandboxError(.timedOut, text))
    }
}
