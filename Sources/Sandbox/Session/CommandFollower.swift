import BenchmarkTransport

/// Follows a command until it ends, whatever happens to the streams that carry its log.
///
/// A stream that breaks is opened again, and the part of the log already taken is skipped; see ``FollowedLog``. Only
/// the exit code says that the command has ended; see ``CommandStatus``. Then the whole log is read once, and anything
/// that the streams did not deliver is taken from there.
actor CommandFollower {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    private let command: HTTPURL
    private let client: DaytonaClient
    private let times: CommandTimes
    private let spool: OutputSpool
    private let log: FollowedLog
    private let status: CommandStatus
    /// The open stream, and when it was opened.
    private var stream: (socket: WebSocketConnection, openedAt: LoopInstant)?
    /// How long the stream may be silent before it is opened again.
    private var stall: Duration

    private static let maxFailuresInARow = 20

    init(
        of command: HTTPURL,
        id: String,
        in sandbox: DaytonaSandbox,
        into spool: OutputSpool,
        mark: StartMark,
        on loop: EventLoop
    ) {
        (self.command, self.spool, self.loop) = (command, spool, loop)
        (client, times) = (sandbox.client, sandbox.commandTimes)
        log = FollowedLog(of: command, in: sandbox, into: spool, mark: mark, on: loop)
        status = CommandStatus(of: command, id: id, in: sandbox, log: log, on: loop)
        stall = times.shortestStall
    }

    /// Follows the command until it ends.
    ///
    /// - Returns: the exit code.
    /// - Throws: ``NotBegun`` if there is no sign of the command; `SandboxError` if its session is gone or its log
    ///   cannot be read.
    func follow() async throws -> Int {
        var failures = 0
        var backOff = BackOff(first: client.configuration.retryPause, longest: .seconds(10))
        while true {
            let before = await log.byteCount
            try await followStream()
            if await status.verdict == nil { await status.lookUp() }
            if let verdict = await status.verdict {
                let exitCode = try verdict.get()
                try await log.complete()
                return exitCode
            }
            if spool.isFull {
                try await spool.waitUntilDrained()
                continue
            }
            if await log.byteCount == before {
                // Where streams do not get through, the log itself may.
                failures = try await log.isReadable() ? 0 : failures + 1
                if failures > Self.maxFailuresInARow {
                    let text = "the log of the command could not be read \(failures) times in a row"
                    throw SandboxError(.unavailable, text)
                }
            }
            if await log.byteCount > before { backOff.reset() }
            try await loop.sleep(for: backOff.pause())
        }
    }

    /// Follows the stream until it ends, for whatever reason; only cancellation throws.
    private func followStream() async throws {
        let reading = loop.startThrowingTask { try await self.readStream() }
        // The handshake is watched, too: one that hangs must not hide the command's end.
        let watching = loop.startTask { await self.watch(reading) }
        await withTaskCancellationHandler {
            // A broken stream is not a broken command.
            _ = await reading.result
        } onCancel: {
            reading.cancel()
        }
        watching.cancel()
        await watching.value
        try Task.checkCancellation()
    }

    private func readStream() async throws {
        var configuration = WebSocketConfiguration()
        (configuration.pingInterval, configuration.pongTimeout) = (times.pingInterval, times.pongTimeout)
        configuration.acceptsInvalidText = true
        let late = SandboxError(.timedOut, "the log's stream was not opened within \(times.handshakeLimit)")
        let socket = try await loop.withDeadline(times.handshakeLimit, timeout: late) {
            [client, command, configuration] in
            try await client.http.openWebSocket(
                command.appending("/logs?follow=true"),
                fields: client.fields,
                webSocket: configuration
            )
        }
        stream = (socket, loop.now)
        await log.beginReplay()
        while !spool.isFull, let messages = try? await socket.receiveBatch() {
            for message in messages where await log.take(message.bytes) { stall = times.shortestStall }
        }
        stream = nil
        await socket.release()
    }

    /// Looks the command up while the stream is silent, and ends the stream once it is of no more use.
    ///
    /// The look-ups become less and less frequent. The stream is of no more use when the command has an exit code or is
    /// given up, or when the stream itself seems to have stalled.
    ///
    /// Daemons close a stream a second after the command ends, and some never do.
    private func watch(_ reading: Task<Void, any Error>) async {
        var pause = times.shortestPoll
        while (try? await loop.sleep(for: pause)) != nil {
            if loop.now - (await log.lastBytesAt) < pause.nanoseconds {
                pause = times.shortestPoll
                continue
            }
            await status.lookUp()
            if await status.verdict != nil { return await endStream(reading) }
            let lastBytesAt = await log.lastBytesAt
            if let stream, loop.now - max(stream.openedAt, lastBytesAt) >= stall.nanoseconds {
                stall = min(times.longestStall, stall * 2)
                return await endStream(reading)
            }
            pause = min(pause * 2, times.longestPoll)
        }
    }

    private func endStream(_ reading: Task<Void, any Error>) async {
        // Bytes that have already arrived on an open stream are still taken.
        if let stream { await stream.socket.close() } else { reading.cancel() }
    }
}
