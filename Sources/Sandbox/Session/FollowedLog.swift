import BenchmarkTransport

/// The log of a command, each byte of which is taken exactly once.
///
/// The log only ever grows, and every pass through it starts with its first byte, so one number says what has been
/// taken.
actor FollowedLog {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    private let url: HTTPURL
    private let sandbox: DaytonaSandbox
    private var client: DaytonaClient { sandbox.client }
    private let spool: OutputSpool
    private var mark: StartMark
    private var position = LogPosition()
    /// When new bytes last arrived.
    private(set) var lastBytesAt: LoopInstant

    init(
        of command: HTTPURL,
        in sandbox: DaytonaSandbox,
        into spool: OutputSpool,
        mark: StartMark,
        on loop: EventLoop
    ) {
        url = command.appending("/logs")
        (self.sandbox, self.spool, self.mark, self.loop) = (sandbox, spool, mark, loop)
        lastBytesAt = EventLoop.monotonicNow()
    }

    /// The number of bytes taken so far.
    var byteCount: Int { position.offset }

    /// The ID of the command's process; `nil` until the log has reported it.
    var processID: Int? { mark.processID }

    // MARK: Taking

    /// Starts a new pass: the next bytes taken are the log's first; nothing else may be taking bytes meanwhile.
    func beginReplay() { position.beginReplay() }

    /// Takes the next bytes.
    ///
    /// - Returns: whether any of them had not arrived before.
    @discardableResult
    func take(_ bytes: [UInt8]) async -> Bool {
        let fresh = position.take(bytes)
        if fresh.isEmpty { return false }
        lastBytesAt = loop.now
        await spool.append(mark.receive(fresh))
        return true
    }

    // MARK: Reading

    /// Reads the whole log of a command that has ended and takes what is missing.
    ///
    /// Some daemons report the exit code before they have logged the last output; their log is read again after a
    /// pause.
    func complete() async throws {
        try await read()
        if !sandbox.info.daemonLogsBeforeExitCode {
            try await loop.sleep(for: sandbox.commandTimes.lateOutputPause)
            try await read()
        }
        await spool.append(mark.finish()[...])
    }

    private func read() async throws {
        var failures = LookupFailures()
        var backOff = BackOff(first: client.configuration.retryPause, longest: .seconds(10))
        while true {
            let before = position.offset
            do { return try await readOnce() } catch let error as SandboxError {
                if position.offset > before {
                    failures.succeed()
                    backOff.reset()
                }
                if let final = failures.fail(error, at: loop.now) {
                    throw final.saying("the end of the command's output could not be read: \(final.message)")
                }
                let asked = min(error.retryAfter ?? .zero, RetrySchedule.longestPause)
                try await loop.sleep(for: backOff.pause(atLeast: asked))
            }
        }
    }

    /// Takes what the log has so far and returns whether it could be read.
    func isReadable() async throws -> Bool {
        do {
            try await readOnce()
            return true
        } catch is SandboxError { return false }
    }

    /// Returns whether the log could be read and is empty.
    ///
    /// Takes nothing: a stream may be delivering the same bytes at the same time.
    func isEmpty() async -> Bool {
        let isEmpty = try? await client.withResponse(to: request) { try await $0.nextBytes() == nil }
        return isEmpty ?? false
    }

    private var request: HTTPClientRequest {
        // Only a request that names no version gets the text with its markers, byte for byte.
        var fields = client.authorization
        fields.set("x-daytona-split-output", "true")
        return HTTPClientRequest(.get, url, fields: fields)
    }

    /// Takes what the log has beyond the bytes already taken; no stream may be open meanwhile.
    private func readOnce() async throws {
        position.beginReplay()
        // From here on, reading may wait for the consumer: there is no open stream whose pings could be missed.
        try await client.withResponse(to: request) { response in
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
