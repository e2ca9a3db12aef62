import BenchmarkProtocol
import BenchmarkTransport

/// Brings a command's log in, every byte once, and finds out how it ended.
///
/// The log is a journal that only grows, and every look at it begins with its first byte; so what has been taken is a
/// number. A stream that breaks is followed anew and that many bytes of it are skipped. Only the exit code says that the
/// command has ended; then the whole log is read once, and what the streams did not bring is taken from there.
actor CommandFollower {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    private let sandbox: DaytonaSandbox
    private var client: DaytonaClient { sandbox.client }
    private let command: HTTPURL
    private let spool: OutputSpool
    private var mark: StartMark
    private var position = LogPosition()
    private var lastBytesAt: LoopInstant
    /// Since when the process of a silent command has been seen to be gone.
    private var goneSince: LoopInstant?
    private let begunAt: LoopInstant
    private var lookups = LookupFailures()
    /// How the command ended, or why it is given up, once that is known.
    private var verdict: Result<Int, any Error>?
    private var backOff: BackOff { BackOff(first: client.configuration.retryPause, longest: .seconds(10)) }

    /// How long a stream has to be silent before its command is asked whether it has ended, at first and at last.
    private static let shortestPoll = Duration.milliseconds(50)
    private static let longestPoll = Duration.seconds(3)
    /// After which silence a stream that may have stalled is followed anew, at first and at last.
    private static let shortestStall = Duration.seconds(60)
    private static let longestStall = Duration.seconds(960)
    private static let maxFailuresInARow = 20
    private var stall = shortestStall

    init(
        of command: HTTPURL,
        in sandbox: DaytonaSandbox,
        into spool: OutputSpool,
        mark: StartMark,
        on loop: EventLoop
    ) {
        (self.command, self.sandbox, self.spool, self.mark, self.loop) = (command, sandbox, spool, mark, loop)
        begunAt = EventLoop.monotonicNow()
        lastBytesAt = begunAt
    }

    /// Follows the command to its end.
    ///
    /// - Returns: the exit code.
    /// - Throws: ``NotBegun`` if there is no sign of the command; `SandboxError` if its session has gone, or its log
    ///   cannot be had.
    func follow() async throws -> Int {
        var failures = 0
        var backOff = backOff
        while true {
            let before = position.offset
            try await followOnce()
            if verdict == nil { await lookUp() }
            if let verdict {
                let exitCode = try verdict.get()
                try await reconcile()
                return exitCode
            }
            if spool.isFull {
                try await spool.waitUntilDrained()
                continue
            }
            if position.offset == before {
                // Where streams do not come through, the log itself may.
                failures = try await isLogReadable() ? 0 : failures + 1
                if failures > Self.maxFailuresInARow {
                    let text = "the log of the command could not be read \(failures) times in a row"
                    throw SandboxError(.unavailable, text)
                }
            }
            if position.offset > before { backOff.reset() }
            try await loop.sleep(for: backOff.pause())
        }
    }

    // MARK: The stream

    /// Follows the stream until it ends, for whatever reason; only cancellation throws.
    private func followOnce() async throws {
        var configuration = WebSocketConfiguration()
        configuration.pingInterval = .seconds(20)
        configuration.pongTimeout = .seconds(10)
        configuration.acceptsInvalidText = true
        let socket: WebSocketConnection
        do {
            socket = try await client.http.openWebSocket(
                command.appending("/logs?follow=true"),
                fields: client.fields,
                webSocket: configuration
            )
        } catch is HTTPClientError {
            return try Task.checkCancellation()
        }
        let watch = loop.startTask { await self.watch(socket, since: self.loop.now) }
        position.beginReplay()
        var failure: (any Error)?
        do {
            while !spool.isFull, let messages = try await socket.receiveBatch() {
                for message in messages { await take(message.bytes) }
            }
        } catch {
            // A broken stream is not a broken command.
            if !(error is WebSocketError) { failure = error }
        }
        watch.cancel()
        await watch.value
        await socket.release()
        if let failure { throw failure }
    }

    private func take(_ bytes: [UInt8]) async {
        let fresh = position.take(bytes)
        if fresh.isEmpty { return }
        lastBytesAt = loop.now
        goneSince = nil
        stall = Self.shortestStall
        await spool.append(mark.receive(fresh))
    }

    /// While the stream is silent, the command is asked, ever less often; once it has an exit code, or is given up, the
    /// stream is closed from here.
    ///
    /// Daemons close theirs a second after the end, and some never.
    private func watch(_ socket: WebSocketConnection, since opened: LoopInstant) async {
        var pause = Self.shortestPoll
        while (try? await loop.sleep(for: pause)) != nil {
            if loop.now - lastBytesAt < pause.nanoseconds {
                pause = Self.shortestPoll
                continue
            }
            await lookUp()
            if verdict != nil { return await socket.close() }
            if loop.now - max(opened, lastBytesAt) >= stall.nanoseconds {
                stall = min(Self.longestStall, stall * 2)
                return await socket.close()
            }
            pause = min(pause * 2, Self.longestPoll)
        }
    }

    // MARK: The end

    /// Asks how the command is.
    private func lookUp() async {
        do {
            let answer = try await client.call(.get, command)
            lookups.succeed()
            if let exitCode = answer["exitCode"]?.intValue { verdict = .success(exitCode) }
        } catch let error as SandboxError {
            if let final = lookups.fail(error, at: EventLoop.monotonicNow()) { verdict = .failure(final) }
        } catch {
            return  // cancelled
        }
        if verdict == nil { await checkForLife() }
    }

    /// Gives up a command that has shown neither output nor exit code for too long, and of which no process is seen.
    private func checkForLife() async {
        let limits = sandbox.commandLimits
        if position.offset == 0 {
            guard loop.now - begunAt >= limits.startLimit.nanoseconds, await isLogEmpty(), position.offset == 0
            else { return }
            let text = "the command has shown no sign of having begun for \(limits.startLimit)"
            verdict = .failure(NotBegun(reason: SandboxError(.timedOut, text)))
            return
        }
        guard loop.now - lastBytesAt >= limits.silenceLimit.nanoseconds else { return }
        if let processID = mark.processID {
            let look = "test -d /proc/\(processID) && echo running"
            let seen = try? await sandbox.run(look, cwd: nil, environment: [], timeout: .seconds(10))
            // What cannot be asked is not known to be dead.
            if seen?.output.contains("running") ?? true {
                lastBytesAt = loop.now
                goneSince = nil
                return
            }
        }
        // It may have ended since it was asked.
        let goneSince = goneSince ?? loop.now
        self.goneSince = goneSince
        guard loop.now - goneSince >= limits.exitCodeLimit.nanoseconds else { return }
        let text = "the command has shown neither output nor an exit code for \(limits.silenceLimit), and does not run"
        verdict = .failure(SandboxError(.timedOut, text))
    }

    /// Reads the whole log as raw bytes and takes what is missing.
    ///
    /// Daemons before 0.160 told the exit code before they had logged the last output; theirs is read again after a
    /// while.
    private func reconcile() async throws {
        try await readLog()
        if !sandbox.info.daemonLogsBeforeExitCode {
            try await loop.sleep(for: .seconds(1))
            try await readLog()
        }
        await spool.append(mark.finish()[...])
    }

    private func readLog() async throws {
        var failures = LookupFailures()
        var backOff = backOff
        while true {
            let before = position.offset
            do { return try await readLogOnce() } catch let error as SandboxError {
                if position.offset > before {
                    failures.succeed()
                    backOff.reset()
                }
                if let final = failures.fail(error, at: EventLoop.monotonicNow()) {
                    throw final.saying("the end of the command's output could not be read: \(final.message)")
                }
                let asked = min(error.retryAfter ?? .zero, RetrySchedule.longestPause)
                try await loop.sleep(for: backOff.pause(atLeast: asked))
            }
        }
    }

    /// Takes what the log has by now.
    private func isLogReadable() async throws -> Bool {
        do {
            try await readLogOnce()
            return true
        } catch is SandboxError { return false }
    }

    /// Whether the log could be read, and there is nothing in it.
    ///
    /// Takes nothing: a stream may be bringing the same bytes at the same time.
    private func isLogEmpty() async -> Bool {
        let isEmpty = try? await client.withResponse(to: logRequest) { try await $0.nextBytes() == nil }
        return isEmpty ?? false
    }

    private var logRequest: HTTPClientRequest {
        // The text with its markers, byte for byte, is for those who name no version.
        var fields = client.authorization
        fields.set("x-daytona-split-output", "true")
        return HTTPClientRequest(.get, command.appending("/logs"), fields: fields)
    }

    /// Takes what the log has beyond what was taken; no stream may be open meanwhile.
    private func readLogOnce() async throws {
        position.beginReplay()
        // The reader must keep up from here on: there is no stream any more that could miss its pings.
        try await client.withResponse(to: logRequest) { response in
            while let bytes = try await response.nextBytes() { try await self.takeInTime(bytes) }
        }
        if position.seen < position.offset {
            let text = "the log has \(position.seen) bytes, but \(position.offset) of them have come before"
            throw SandboxError(.protocolViolation, text)
        }
    }

    private func takeInTime(_ bytes: [UInt8]) async throws {
        await take(bytes)
        if spool.isFull { try await spool.waitUntilDrained() }
    }
}
