import BenchmarkProtocol
import BenchmarkTransport

/// One command in a session of its own: an actor that owns the session from its creation to its deletion.
///
/// Two tasks run on it. One brings in the command's log, whatever happens to the streams that carry it; see
/// ``CommandFollower``. The other passes it on as text. Between them is an ``OutputSpool``, so that a slow consumer
/// never keeps the first from reading, and so from answering pings.
actor DaytonaSession {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    private let sandbox: DaytonaSandbox
    private var client: DaytonaClient { sandbox.client }
    private let spool: OutputSpool
    private var id = ""
    /// Whether a session with that id may have been created.
    private var mayExist = false
    private var backOff: BackOff { BackOff(first: client.configuration.retryPause, longest: .seconds(10)) }

    /// The maximum number of starts of a command, each made only if it has shown no sign of having started before.
    private static let maxStarts = 5
    /// The maximum number of attempts at a step that may be repeated.
    private static let maxAttempts = 5

    init(in sandbox: DaytonaSandbox, on loop: EventLoop) {
        (self.sandbox, self.loop) = (sandbox, loop)
        spool = OutputSpool(sandbox.commandLimits)
    }

    /// Runs a command to completion and writes its output.
    ///
    /// The session is deleted on every path, which kills the command if it is still running.
    /// - Returns: the exit code.
    func run(_ command: String, _ writer: CommandOutputWriter) async throws -> Int {
        let bringing = loop.startThrowingTask { try await self.bringIn(command) }
        do {
            var decoder = LogDecoder()
            while let bytes = try await spool.next() { try await write(decoder.receive(bytes), writer) }
            try await write(decoder.finish(), writer)
        } catch {
            bringing.cancel()
            _ = await bringing.result
            throw error
        }
        return try await bringing.value
    }

    private func write(_ text: String, _ writer: CommandOutputWriter) async throws {
        if !text.isEmpty { try await writer.write(text) }
    }

    /// Runs the command and puts its log into the spool.
    private func bringIn(_ command: String) async throws -> Int {
        do {
            let exitCode = try await start(command)
            spool.finish()
            return exitCode
        } catch {
            spool.finish(throwing: error)
            throw error
        }
    }

    /// Starts the command, again if that is safe, and follows it until it ends.
    private func start(_ command: String) async throws -> Int {
        var starts = 1
        var backOff = backOff
        while true {
            (id, mayExist) = ("\(sandbox.id)-\(RandomText.uuid())", false)
            do {
                let exitCode = try await oneStart(command)
                _ = await deleteSession()
                return exitCode
            } catch {
                let isDeleted = await deleteSession()
                guard let notBegun = error as? NotBegun else { throw error }
                // A command whose session is deleted will never start; any other might, alongside a second one.
                guard isDeleted else {
                    let reason = notBegun.reason
                    throw reason.saying("\(reason.message); its session could not be deleted, so it may still start")
                }
                if starts == Self.maxStarts { throw notBegun.reason }
            }
            try await loop.sleep(for: backOff.pause())
            starts += 1
        }
    }

    private func oneStart(_ command: String) async throws -> Int {
        let text = CommandText(command, token: "begun-\(RandomText.uuid())")
        // To completion, cancelled or not: a session that was half created would not be deleted.
        try await uncancelled { await self.outcome { try await self.createSession() } }.get()
        try Task.checkCancellation()
        let commandID = try await execute(text.text)
        let url = path("/command/\(HTTPURL.escape(commandID))")
        let follower = CommandFollower(
            of: url,
            id: commandID,
            in: sandbox,
            into: spool,
            mark: StartMark(token: text.token),
            on: loop
        )
        return try await follower.follow()
    }

    private func outcome<R: Sendable>(_ body: () async throws -> R) async -> Result<R, any Error> {
        do { return .success(try await body()) } catch { return .failure(error) }
    }

    private func path(_ suffix: String) -> HTTPURL {
        sandbox.toolbox.appending("/process/session/\(HTTPURL.escape(id))\(suffix)")
    }

    // MARK: Requests

    private func createSession() async throws {
        try await repeated {
            do {
                let url = sandbox.toolbox.appending("/process/session")
                _ = try await client.call(.post, url, json: ["sessionId": .string(id)])
                mayExist = true
            } catch let error as SandboxError {
                let refusals: [SandboxError.Code] = [
                    .unauthorized, .forbidden, .notFound, .invalidRequest, .rateLimited,
                ]
                if !refusals.contains(error.code) { mayExist = true }
                // Nobody else knows the id, so an attempt whose answer was lost has created the session.
                if error.code != .conflict { throw error }
            }
        }
    }

    /// Has the session run a text and returns the id of the command.
    ///
    /// The text is never sent a second time, because a request whose answer was lost may have been carried out:
    /// instead, the session is asked whether it has the command.
    private func execute(_ text: String) async throws -> String {
        let failure: SandboxError
        do {
            let answer = try await client.call(
                .post,
                path("/exec"),
                json: ["command": .string(text), "runAsync": true]
            )
            if let commandID = answer["cmdId"]?.stringValue, !commandID.isEmpty { return commandID }
            failure = SandboxError(.protocolViolation, "the answer to a session command has no command id")
        } catch let error as SandboxError {
            if [.invalidRequest, .tooLarge].contains(error.code) { throw error }
            failure = error
        }
        var backOff = backOff
        let asked = min(failure.retryAfter ?? .zero, RetrySchedule.longestPause)
        try await loop.sleep(for: backOff.pause(atLeast: asked))
        let session: JSONValue
        do { session = try await repeated { try await client.call(.get, path("")) } } catch let error as SandboxError {
            // Without a session there is no command in it; without an answer, nothing is known.
            throw error.code == .notFound ? NotBegun(reason: failure) as any Error : failure
        }
        // The session has no other command, so it does not matter how the server writes its text.
        guard let command = session["commands"]?.arrayValue?.first else { throw NotBegun(reason: failure) }
        guard let commandID = command["id"]?.stringValue, !commandID.isEmpty else { throw failure }
        return commandID
    }

    /// - Returns: whether there is certainly no session, so that none of its commands can still start.
    private func deleteSession() async -> Bool {
        if !mayExist { return true }
        let patience = sandbox.commandTimes.refusalPatience
        return await SessionDeletion(url: path(""), client: client, refusalPatience: patience, loop: loop).run()
    }

    /// Repeats a step that may be repeated, as long as it fails in a way that may pass, refusals of the key included.
    private func repeated<R: Sendable>(_ body: () async throws -> R) async throws -> R {
        var backOff = backOff
        var attempts = 1
        var refusedSince: LoopInstant?
        while true {
            do { return try await body() } catch let error as SandboxError {
                let asked = error.retryAfter ?? .zero
                guard asked <= RetrySchedule.longestPause else { throw error }
                var pause = backOff.pause(atLeast: asked)
                if error.code.isRefusal {
                    let since = refusedSince ?? loop.now
                    refusedSince = since
                    let left = since + sandbox.commandTimes.refusalPatience.nanoseconds - loop.now
                    guard left > 0 else { throw error }
                    pause = min(pause, .nanoseconds(left))
                } else {
                    guard error.code.mayPass, attempts < Self.maxAttempts else { throw error }
                    attempts += 1
                }
                try await loop.sleep(for: pause)
            }
        }
    }
}

/// A command that has shown no sign of having started, and will not start once its session is deleted.
struct NotBegun: Error {
    let reason: SandboxError
}
