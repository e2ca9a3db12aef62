import BenchmarkProtocol
import BenchmarkTransport
import TestSupport
import Testing

@testable import BenchmarkSandbox

@Suite("A command in its own session", .timeLimit(.minutes(5)))
struct DaytonaSessionTests {
    private static func numbers(_ count: Int) -> String {
        "i=0; while [ $i -lt \(count) ]; do echo line $i; i=$((i+1)); done"
    }

    private static func text(_ count: Int) -> String { (0..<count).map { "line \($0)\n" }.joined() }

    // MARK: Slow readers

    @Test(
        "a reader that takes nothing until the command has ended gets everything",
        arguments: [(1000, 0), (1000, 20_000), (1000, 1 << 20), (1 << 20, 0), (0, 0)]
    )
    func slowReader(_ held: Int, _ spooled: Int) async throws {
        var limits = CommandLimits()
        (limits.maxHeldBytes, limits.maxSpoolBytes) = (held, spooled)
        try await withCommandSandbox(limits) { sandbox, _ in
            let lines = 20_000
            var iterator = streamCommand(sandbox, "\(Self.numbers(lines)); touch /tmp/done", cwd: "/tmp")
                .makeAsyncIterator()
            var output = try #require(try await iterator.next())
            // The reader does not hold up the command.
            while try await sandbox.run("ls /tmp").output.contains("done") == false {}
            while let text = try await iterator.next() { output += text }
            #expect(output == Self.text(lines))
            #expect(try await sandbox.sessionCount() == 0)
        }
    }

    // MARK: The session's end

    @Test(
        "the session of a command is deleted however the command ends",
        arguments: ["true", "exit 3", "kill -9 $$", "nosuchcommand"]
    )
    func deletion(_ command: String) async throws {
        try await withCommandSandbox { sandbox, _ in
            for try await _ in streamCommand(sandbox, command, cwd: "/", ignoreError: true) {}
            #expect(try await sandbox.sessionCount() == 0)
        }
    }

    @Test("the session of a command is deleted when its task is cancelled during any of its requests", arguments: 1...8)
    func cancellation(_ number: Int) async throws {
        try await withCommandSandbox { sandbox, local in
            // Every request is slow, so that the cancellation arrives in the middle of that one.
            var slow = Fault(.delayAnswer, 20)
            slow.route = "process/session"
            local.setFaults(FaultPlan([slow]))
            let task = Task { for try await _ in streamCommand(sandbox, "echo a; sleep 1000", cwd: "/") {} }
            await until { (local.faultStrikes.first?.count ?? 0) >= number }
            task.cancel()
            _ = await task.result
            local.setFaults(FaultPlan())
            // The cancelled task goes on cleaning up in the background.
            while try await sandbox.sessionCount() != 0 {}
            while try await sandbox.run("pgrep -f 'sleep 100[0]' | wc -l").output.hasPrefix("0") == false {}
        }
    }

    @Test("a session that somebody else deletes is reported")
    func deletedByOthers() async throws {
        try await withCommandSandbox { sandbox, _ in
            let error = await #expect(throws: SandboxError.self) {
                for try await _ in streamCommand(sandbox, "echo a; sleep 1000", cwd: "/") {
                    let url = sandbox.toolbox.appending("/process/session")
                    let id = try await sandbox.client.call(.get, url).arrayValue?.first?["sessionId"]?.stringValue
                    _ = try await sandbox.client.call(.delete, url.appending("/\(id ?? "none")"))
                }
            }
            #expect(error?.code == .notFound)
            #expect(error?.message.contains("deleted") == true)
        }
    }

    // MARK: The command's start

    @Test(
        "a command runs once, whatever happens to the request that starts it",
        arguments: ["reset", "reset-after", "status=502", "status=429", "status=500", "lost-command"]
    )
    func beginning(_ fault: String) async throws {
        var limits = CommandLimits()
        limits.startLimit = .milliseconds(500)
        try await withCommandSandbox(limits) { sandbox, local in
            var first = try Fault(parsing: fault)
            (first.method, first.route, first.times) = ("POST", "process/session/", 1)
            local.setFaults(FaultPlan([first]))
            var output = ""
            for try await text in streamCommand(sandbox, "echo run >>/tmp/runs; cat /tmp/runs", cwd: "/") {
                output += text
            }
            #expect(output == "run\n")
            #expect(local.faultStrikes.map(\.count) == [1])
            #expect(try await sandbox.sessionCount() == 0)
        }
    }

    @Test("a command that the server lists in other words has started, and is not started again")
    func normalized() async throws {
        let script = ScriptedSession { step, _, _ in
            switch step {
            case .begin: .text(502, "")
            case .session: .text(200, #"{"sessionId":"x","commands":[{"id":"c","command":"sh"}]}"#)
            default: nil
            }
        }
        try await script.serving { sandbox in
            var output = ""
            for try await text in streamCommand(sandbox, "true", cwd: "/") { output += text }
            #expect(output == "all\n")
        }
        #expect(script.count(of: .begin) == 1)
    }

    @Test(
        "a key that is refused for a while does not end a command that is being started",
        arguments: [401, 403],
        ["process/session", "process/session/"]
    )
    func falseRefusals(_ status: Int, _ route: String) async throws {
        try await withCommandSandbox { sandbox, local in
            var refusal = Fault(.status, status)
            (refusal.route, refusal.times) = (route, 4)
            local.setFaults(FaultPlan([refusal]))
            var output = ""
            for try await text in streamCommand(sandbox, "echo run >>/tmp/runs; cat /tmp/runs", cwd: "/") {
                output += text
            }
            #expect(output == "run\n")
            #expect(local.faultStrikes.map(\.count) == [4])
            #expect(try await sandbox.sessionCount() == 0)
        }
    }

    @Test("output that was already read while checking for the command's start is delivered once")
    func lateStream() async throws {
        var limits = CommandLimits()
        limits.startLimit = .milliseconds(500)
        try await withCommandSandbox(limits) { sandbox, local in
            local.setFaults(FaultPlan([Fault(.delay, 2000)]))
            var output = ""
            for try await text in streamCommand(sandbox, "echo a; sleep 3; echo b", cwd: "/") { output += text }
            #expect(output == "a\nb\n")
        }
    }

    @Test("a command that never starts is an error that says so")
    func neverBegins() async throws {
        var limits = CommandLimits()
        limits.startLimit = .milliseconds(100)
        try await withCommandSandbox(limits) { sandbox, local in
            local.setFaults(FaultPlan([Fault(.lostCommand)]))
            let error = await #expect(throws: SandboxError.self) {
                for try await _ in streamCommand(sandbox, "true", cwd: "/") {}
            }
            #expect(error?.code == .timedOut)
            #expect(error?.message.contains("no sign of having started") == true)
            #expect(local.faultStrikes.map(\.count) == [5])
            let left = try await sandbox.sessionCount()
            #expect(left == 0)
        }
    }

    // MARK: Silence

    @Test(
        "a silent command is waited for while its process runs, and given up when the process ends without an exit code"
    )
    func silence() async throws {
        var limits = CommandLimits()
        limits.silenceLimit = .milliseconds(300)
        limits.exitCodeLimit = .seconds(60)
        try await withCommandSandbox(limits) { sandbox, _ in
            // Far longer than the limit.
            var output = ""
            for try await text in streamCommand(sandbox, "sleep 2; echo late", cwd: "/") { output += text }
            #expect(output == "late\n")
        }
        limits.exitCodeLimit = .milliseconds(300)
        try await withCommandSandbox(limits) { sandbox, local in
            // Its exit code never arrives.
            local.setFaults(FaultPlan([Fault(.lateExitCode, 1 << 30)]))
            var output = ""
            let error = await #expect(throws: SandboxError.self) {
                for try await text in streamCommand(sandbox, "echo early", cwd: "/") { output += text }
            }
            #expect(output == "early\n")
            #expect(error?.code == .timedOut)
            #expect(error?.message.contains("is not running") == true)
            let left = try await sandbox.sessionCount()
            #expect(left == 0)
        }
    }

    @Test("if no stream can be opened, the log is read instead")
    func noStreams() async throws {
        try await withCommandSandbox { sandbox, local in
            local.setFaults(FaultPlan([Fault(.refuseUpgrade, 502)]))
            var texts: [String] = []
            let command = "echo a; until test -e /tmp/go; do sleep 0.01; done; echo b; exit 4"
            let error = await #expect(throws: SandboxError.self) {
                for try await text in streamCommand(sandbox, command, cwd: "/") {
                    texts.append(text)
                    if texts.count == 1 { _ = try await sandbox.run("touch /tmp/go") }
                }
            }
            #expect(texts == ["a\n", "b\n"])
            #expect(error?.code == .commandFailed)
        }
    }
}
