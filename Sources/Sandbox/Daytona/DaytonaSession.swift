import BenchmarkProtocol
import BenchmarkTransport

/// One command in a session of its own: an actor that follows its log, whatever happens to the stream, and delivers
/// every byte once.
///
/// The log is a journal that only grows, and every look at it begins with its first byte; so what has been taken is a
/// number. A stream that breaks is followed anew and that many bytes of it are skipped. Only the exit code says that the
/// command has ended; then the whole log is read once, and what the streams did not bring is delivered.
actor DaytonaSession {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    private let client: DaytonaClient
    private let toolbox: HTTPURL
    private let id: String
    private var journal = LogJournal()
    private var lastBytesAt: LoopInstant

    /// How long a stream has to be silent before its command is asked whether it has ended, at first and at last.
    private static let shortestPoll = Duration.milliseconds(50)
    private static let longestPoll = Duration.seconds(3)
    private static let maxFailuresInARow = 20

    init(in sandbox: DaytonaSandbox, on loop: EventLoop) {
        (client, toolbox, self.loop) = (sandbox.client, sandbox.toolbox, loop)
        id = "\(sandbox.id)-\(RandomText.uuid())"
        lastBytesAt = EventLoop.monotonicNow()
    }

    /// Runs a command to its end and writes its output.
    ///
    /// The session is deleted on every path, which kills the command if it still runs.
    /// - Returns: the exit code.
    func run(_ command: String, _ writer: CommandOutputWriter) async throws -> Int {
        do {
            _ = try await client.call(.post, toolbox.appending("/process/session"), json: ["sessionId": .string(id)])
            let exitCode = try await follow(try await execute(command), writer)
            await deleteSession()
            return exitCode
        } catch {
            await deleteSession()
            throw error
        }
    }

    /// Errors are of no use to anybody: the session is gone, or the sandbox is.
    private func deleteSession() async {
        let (client, url) = (client, path(""))
        await uncancelled { _ = try? await client.call(.delete, url, timeout: .seconds(30)) }
    }

    private func path(_ suffix: String) -> HTTPURL {
        toolbox.appending("/process/session/\(HTTPURL.escape(id))\(suffix)")
    }

    /// Starts the command in a shell of its own, so that its `exit` or `set -e` cannot end the session's.
    private func execute(_ command: String) async throws -> String {
        let quoted =
            "'" + command.split(separator: "'", omittingEmptySubsequences: false).joined(separator: #"'\''"#) + "'"
        let text = """
            if command -v bash >/dev/null 2>&1; then bash -c \(quoted) </dev/null; else sh -c \(quoted) </dev/null; fi
            """
        let answer = try await client.call(
            .post,
            path("/exec"),
            json: ["command": .string(text), "runAsync": true]
        )
        guard let commandID = answer["cmdId"]?.stringValue, !commandID.isEmpty else {
            throw SandboxError(.protocolViolation, "the answer to a session command has no command id")
        }
        return commandID
    }

    // MARK: Following

    private func follow(_ commandID: String, _ writer: CommandOutputWriter) async throws -> Int {
        let command = path("/command/\(HTTPURL.escape(commandID))")
        var failures = 0
        var pause = Duration.milliseconds(500)
        while true {
            let before = journal.offset
            try await followOnce(command, writer)
            if let exitCode = try await exitCode(command) {
                try await reconcile(command, writer)
                return exitCode
            }
            failures = journal.offset > before ? 0 : failures + 1
            if failures > Self.maxFailuresInARow {
                throw SandboxError(
                    .unavailable,
                    "the log of the command could not be followed \(failures) times in a row"
                )
            }
            pause = failures == 0 ? .milliseconds(500) : min(.seconds(10), pause * 2)
            try await loop.sleep(for: pause)
        }
    }

    /// Follows the stream until it ends, for whatever reason; only cancellation throws, and errors of the consumer.
    private func followOnce(_ command: HTTPURL, _ writer: CommandOutputWriter) async throws {
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
        lastBytesAt = loop.now
        let watch = loop.startTask { await self.closeWhenSettled(socket, command) }
        journal.beginReplay()
        do {
            while let messages = try await socket.receiveBatch() {
                lastBytesAt = loop.now
                for message in messages { try await deliver(journal.receive(message.bytes), writer) }
            }
        } catch let error as WebSocketError {
            _ = error  // a broken stream is not a broken command
        } catch {
            watch.cancel()
            await watch.value
            await socket.release()
            throw error
        }
        watch.cancel()
        await watch.value
        await socket.release()
    }

    /// While the stream is silent, the command is asked, ever less often; once it has an exit code the stream is closed
    /// from here.
    ///
    /// Daemons close theirs a second after the end, and some never.
    private func closeWhenSettled(_ socket: WebSocketConnection, _ command: HTTPURL) async {
        var pause = Self.shortestPoll
        while (try? await loop.sleep(for: pause)) != nil {
            if loop.now - lastBytesAt < pause.nanoseconds {
                pause = Self.shortestPoll
                continue
            }
            if (try? await exitCode(command)) ?? nil != nil { return await socket.close() }
            pause = min(pause * 2, Self.longestPoll)
        }
    }

    /// The exit code; nil while the command runs.
    ///
    /// A look-up that fails for a moment is repeated.
    private func exitCode(_ command: HTTPURL) async throws -> Int? {
        do {
            return try await client.call(.get, command)["exitCode"]?.intValue
        } catch let error as SandboxError where error.code == .notFound {
            throw SandboxError(.notFound, "the session of the command was deleted: \(error.message)")
        }
    }

    /// Reads the whole log as raw bytes and delivers what is missing.
    private func reconcile(_ command: HTTPURL, _ writer: CommandOutputWriter) async throws {
        var fields = client.authorization
        fields.set("x-daytona-split-output", "true")
        let request = HTTPClientRequest(.get, command.appending("/logs"), fields: fields)
        journal.beginReplay()
        let log = try await client.send(request, maxBodyBytes: 1 << 30).body
        try await deliver(journal.receive(log), writer)
        try await deliver(journal.finish(), writer)
    }

    private func deliver(_ text: String, _ writer: CommandOutputWriter) async throws {
        if !text.isEmpty { try await writer.write(text) }
    }
}
