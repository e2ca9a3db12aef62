import BenchmarkTransport
import TestSupport
import Testing

@testable import BenchmarkSandbox

@Suite("Sessions of the loopback server", .timeLimit(.minutes(10)))
struct SessionTests {
    typealias Mode = SandboxFixture.Mode

    static func with(_ mode: Mode, _ body: @Sendable (LocalSession, LocalSandbox) async throws -> Void) async throws {
        try await SandboxFixture.with(mode) { sandbox in
            try await sandbox.createSession("s")
            try await body(sandbox.session("s"), sandbox)
        }
    }

    @Test("the log labels every line, and the exit code follows", arguments: Mode.available)
    func labels(_ mode: Mode) async throws {
        try await Self.with(mode) { session, _ in
            let id = try await session.execute("echo out1; echo err1 >&2; exit_() { return 3; }; exit_", isAsync: true)
            let state = try await session.waitForEnd(of: id)
            #expect(state.exitCode == 3)
            let streams = LogDemultiplexer.split(await session.wholeLog(of: id))
            #expect(streams.standardOutput == Array("out1\n".utf8))
            #expect(streams.standardError == Array("err1\n".utf8))
        }
    }

    @Test(
        "everything a command writes is logged, line by line",
        arguments: [
            ("printf 'a\\nb'", "\u{1}\u{1}\u{1}a\n\u{1}\u{1}\u{1}b\n"),
            ("printf 'x\\0y\\n'", "\u{1}\u{1}\u{1}xy\n"),
            ("printf ' \\t\\\\n \\r\\n\\n'", "\u{1}\u{1}\u{1} \t\\n \r\n\u{1}\u{1}\u{1}\n"),
            ("true", ""),
            ("cat", nil),
        ] as [(String, String?)]
    )
    func lines(_ command: String, _ log: String?) async throws {
        try await Self.with(.none) { session, _ in
            // Without standard input, `cat` ends at once.
            let id = try await session.execute(command, isAsync: false)
            _ = try await session.waitForEnd(of: id)
            #expect(await session.wholeLog(of: id) == Array((log ?? "").utf8))
        }
    }

    @Test("directory, variables, functions and options persist", arguments: Mode.available)
    func persists(_ mode: Mode) async throws {
        try await Self.with(mode) { session, _ in
            _ = try await session.output(of: "cd /usr; x=1; f() { echo f$x; }; set -f")
            #expect(try await session.output(of: "pwd; f; echo *") == "/usr\nf1\n*\n")
        }
    }

    @Test("commands are all accepted at once and run one after the other")
    func inTurn() async throws {
        try await Self.with(.none) { session, _ in
            var ids = [String]()
            for number in 0..<50 { ids.append(try await session.execute("echo \(number) >>order", isAsync: true)) }
            _ = try await session.waitForEnd(of: ids[49])
            let wanted = (0..<50).map { "\($0)\n" }.joined()
            #expect(try await session.output(of: "cat order") == wanted)
            #expect(await session.states.map(\.id).prefix(50) == ids[...])
        }
    }

    @Test(
        "the exit code is the shell's",
        arguments: [
            ("sh -c 'kill -TERM $$'", 143), ("nosuchcmd", 127), ("return 4", 4), ("if", 2), ("kill $$; true", 0),
            ("false", 1),
        ]
    )
    func status(_ command: String, _ code: Int) async throws {
        try await Self.with(.none) { session, _ in
            let id = try await session.execute(command, isAsync: true)
            #expect(try await session.waitForEnd(of: id).exitCode == code)
        }
    }

    @Test("a background process that holds the output keeps the command unfinished", arguments: Mode.available)
    func background(_ mode: Mode) async throws {
        try await Self.with(mode) { session, _ in
            let held = try await session.execute("mkfifo go; (read line <go; echo late) & echo early", isAsync: true)
            _ = try await session.output(of: "true")
            #expect(try await session.state(of: held).exitCode == nil)
            let released = try await session.execute("sleep 1000 >/dev/null 2>&1 & echo x", isAsync: true)
            #expect(try await session.waitForEnd(of: released).exitCode == 0)
            _ = try await session.output(of: "echo >go")
            #expect(try await session.waitForEnd(of: held).exitCode == 0)
            #expect(await session.wholeLog(of: held).suffix(5) == Array("late\n".utf8)[...])
        }
    }

    @Test(
        "a command that ends the shell ends the session without an exit code",
        arguments: ["exit 3", "set -e; false", "exec true"]
    )
    func shellEnds(_ command: String) async throws {
        try await Self.with(.none) { session, _ in
            let id = try await session.execute(command, isAsync: true)
            await session.waitForShell()
            #expect(try await session.state(of: id).exitCode == nil)
            await #expect(throws: LocalSession.Failure.brokenPipe) { try await session.execute("echo", isAsync: true) }
        }
    }

    @Test("input reaches a command and its log", arguments: Mode.available)
    func input(_ mode: Mode) async throws {
        try await Self.with(mode) { session, _ in
            let id = try await session.execute("read a; read b; echo $a-$b", isAsync: true)
            try await session.type("one", into: id)
            try await session.type("two\n", into: id)
            _ = try await session.waitForEnd(of: id)
            let text = String(
                decoding: LogDemultiplexer.split(await session.wholeLog(of: id)).standardOutput,
                as: UTF8.self
            )
            #expect(text == "one\ntwo\none-two\n")
            await #expect(throws: LocalSession.Failure.alreadyCompleted(0)) { try await session.type("x", into: id) }
        }
    }

    @Test("lines that are typed at the same time take turns while the command reads nothing")
    func typedTogether() async throws {
        try await Self.with(.none) { session, sandbox in
            let (count, byteCount) = (20, 100_000)
            let text = "mkfifo go; read x <go; head -c \(count * byteCount) | wc -c"
            let id = try await session.execute(text, isAsync: true)
            let line = String(repeating: "x", count: byteCount - 1) + "\n"
            let typists = (0..<count).map { _ in
                session.loop.startThrowingTask { try await session.type(line, into: id) }
            }
            // A loop runs its tasks in order: the others have begun.
            _ = await session.loop.startTask { await session.states.count }.value
            // Each line is logged when it is its turn; a pipe and the buffer before it take less than two.
            #expect(await session.wholeLog(of: id).count < 4 * byteCount)
            _ = try await sandbox.shell("until [ -p go ]; do sleep 0.01; done; echo >go")
            for typist in typists { try await typist.value }
            _ = try await session.waitForEnd(of: id)
            #expect(await session.wholeLog(of: id).suffix(8) == Array("2000000\n".utf8)[...])
        }
    }

    @Test("deleting a session kills all descendants of its shell", arguments: Mode.available)
    func deletes(_ mode: Mode) async throws {
        let mark = "6\(Int.random(in: 1_000_000...9_999_999))"
        try await SandboxFixture.with(mode, grace: .milliseconds(300)) { sandbox in
            try await sandbox.createSession("s")
            let session = try await sandbox.session("s")
            let id = try await session.execute(
                "setsid sleep \(mark) & nohup sleep \(mark) & (trap '' TERM; sleep \(mark)) & sleep \(mark)",
                isAsync: true
            )
            while Processes.count(withArgument: mark) < 4 { await Task.yield() }
            try await sandbox.deleteSession("s")
            #expect(Processes.count(withArgument: mark) == 0)
            await #expect(throws: LocalSession.Failure.sessionNotFound) { try await sandbox.deleteSession("s") }
            await #expect(throws: LocalSession.Failure.sessionNotFound) { try await session.state(of: id) }
            guard case .gone = await session.log(of: id, from: 0, maxCount: 1) else { Issue.record(); return }
        }
    }

    @Test("a process that ignores SIGTERM is killed after the grace period", arguments: Mode.available)
    func stubborn(_ mode: Mode) async throws {
        let mark = "5\(Int.random(in: 1_000_000...9_999_999))"
        try await SandboxFixture.with(mode, grace: .milliseconds(200)) { sandbox in
            try await sandbox.createSession("s")
            let session = try await sandbox.session("s")
            _ = try await session.execute("(trap '' TERM; exec setsid -w sleep \(mark))", isAsync: true)
            while Processes.count(withArgument: mark) == 0 { await Task.yield() }
            try await sandbox.deleteSession("s")
            while Processes.count(withArgument: mark) > 0 { await Task.yield() }
        }
    }

    @Test("deleting a session that is already being deleted waits until it is gone", arguments: Mode.available)
    func deletedTwice(_ mode: Mode) async throws {
        let mark = "1\(Int.random(in: 1_000_000...9_999_999))"
        try await SandboxFixture.with(mode, grace: .seconds(3)) { sandbox in
            try await sandbox.createSession("s")
            let session = try await sandbox.session("s")
            let id = try await session.execute("(trap '' TERM; exec setsid -w sleep \(mark))", isAsync: true)
            await until { Processes.count(withArgument: mark) > 0 }
            let first = Task { try await sandbox.deleteSession("s") }
            while (try? await session.state(of: id)) != nil { await Task.yield() }
            #expect(try await sandbox.allSessions().count == 1)
            await #expect(throws: LocalSandbox.Failure.sessionExists) { try await sandbox.createSession("s") }
            try await sandbox.deleteSession("s")
            #expect(Processes.count(withArgument: mark) == 0)
            try await first.value
            #expect(try await sandbox.allSessions().isEmpty)
            try await sandbox.createSession("s")
            #expect(try await sandbox.session("s").output(of: "echo again") == "again\n")
        }
    }

    @Test("a session id can be used again after a stop and a start", arguments: Mode.available)
    func idAfterRestart(_ mode: Mode) async throws {
        try await Self.with(mode) { session, sandbox in
            #expect(try await session.output(of: "echo before") == "before\n")
            try await sandbox.stop()
            try await sandbox.start()
            try await sandbox.createSession("s")
            #expect(try await sandbox.session("s").output(of: "echo after") == "after\n")
        }
    }

    @Test("files that a command leaves cannot block a session's files", arguments: Mode.available)
    func occupied(_ mode: Mode) async throws {
        try await SandboxFixture.with(mode) { sandbox in
            _ = try await sandbox.shell("mkdir -p ~/.daytona/sessions/s/exit_codes && touch ~/.daytona/sessions/t")
            for id in ["s", "t"] {
                try await sandbox.createSession(id)
                #expect(try await sandbox.session(id).output(of: "echo hi") == "hi\n")
            }
            // A name that the files of a session with another kind of id could have.
            try await sandbox.createSession("session-4")
            try await sandbox.createSession("a/b")
            for id in ["session-4", "a/b"] {
                #expect(try await sandbox.session(id).output(of: "echo hi") == "hi\n")
            }
        }
    }

    @Test("a waiting caller gets an error when the session is deleted")
    func cancelled() async throws {
        try await Self.with(.none) { session, sandbox in
            let id = try await session.execute("sleep 1000", isAsync: false)
            let waiter = Task { try await session.waitForEnd(of: id) }
            try await sandbox.deleteSession("s")
            await #expect(throws: (any Error).self) { try await waiter.value }
        }
    }

    @Test("a long log is complete", arguments: Mode.available)
    func longLog(_ mode: Mode) async throws {
        try await Self.with(mode) { session, _ in
            let id = try await session.execute(
                "seq 1 20000; head -c 1000000 /dev/zero | tr '\\0' y; echo",
                isAsync: true
            )
            _ = try await session.waitForEnd(of: id)
            let wanted = (1...20000).map { "\($0)\n" }.joined() + String(repeating: "y", count: 1_000_000) + "\n"
            let log = await session.wholeLog(of: id)
            #expect(LogDemultiplexer.split(log).standardOutput == Array(wanted.utf8))
        }
    }

    @Test(
        "any text can be a session id",
        arguments: ["..", "a/b", "ž 'x' \"y\"", ".", String(repeating: "n", count: 300)]
    )
    func anyID(_ id: String) async throws {
        try await SandboxFixture.with(.none) { sandbox in
            try await sandbox.createSession(id)
            #expect(try await sandbox.session(id).output(of: "echo hi") == "hi\n")
            await #expect(throws: LocalSandbox.Failure.sessionExists) { try await sandbox.createSession(id) }
            try await sandbox.deleteSession(id)
        }
    }
}

extension LocalSession {
    func execute(_ text: String, isAsync: Bool) async throws -> String {
        try await execute(text, isAsync: isAsync, suppressesInputEcho: false)
    }

    /// Runs a command until it ends, and returns its standard output.
    func output(of text: String) async throws -> String {
        let id = try await execute(text, isAsync: false)
        _ = try await waitForEnd(of: id)
        return String(decoding: LogDemultiplexer.split(wholeLog(of: id)).standardOutput, as: UTF8.self)
    }

    /// Returns everything logged so far.
    func wholeLog(of id: String) -> [UInt8] {
        var log = [UInt8]()
        while case .bytes(let bytes) = self.log(of: id, from: log.count, maxCount: 1 << 20) { log += bytes }
        return log
    }
}
