import BenchmarkProtocol
import BenchmarkTransport
import TestSupport
import Testing

@testable import BenchmarkSandbox

@Suite("Looking for the process of a command", .timeLimit(.minutes(5)))
struct CommandProcessTests {
    private static func status(_ state: String = "S", startedAt time: Int = 5000, name: String = "sh") -> CommandResult
    {
        let numbers = (4...21).map { "\($0)" }.joined(separator: " ")
        return CommandResult(exitCode: 0, output: "417 (\(name)) \(state) \(numbers) \(time) 23 24\n")
    }

    @Test("a process that started at another time, or is a zombie, is not the one that was seen first")
    func startTime() {
        var process = CommandProcess(commandID: "c")
        process.id = 417
        #expect(process.isRunning(CommandResult(exitCode: -1, output: "no shell")) == nil)
        #expect(process.isRunning(CommandResult(exitCode: 0, output: "417 (we")) == nil)
        #expect(process.isRunning(Self.status()) == true)
        #expect(process.isRunning(Self.status("R", name: ") Z 1 (")) == true)
        #expect(process.isRunning(Self.status("Z")) == false)
        #expect(process.isRunning(Self.status(startedAt: 5001)) == false)
        #expect(process.isRunning(CommandResult(exitCode: 2, output: "sh: cannot open /proc/417/stat")) == false)
    }

    @Test("a running command is found by the pipes of its session, and by its process ID, but no other is")
    func found() async throws {
        try await withCommandSandbox { sandbox, _ in
            var iterator = streamCommand(sandbox, "echo $$; sleep 1000", cwd: "/").makeAsyncIterator()
            let line = try #require(try await iterator.next())
            let number = try #require(Int(line.dropLast()))
            let sessions = try await sandbox.client.call(.get, sandbox.toolbox.appending("/process/session"))
            let id = try #require(sessions.arrayValue?.first?["commands"]?.arrayValue?.first?["id"]?.stringValue)
            for (commandID, isRunning) in [(id, true), (RandomText.uuid(), false), ("'; echo x; '", false)] {
                var process = CommandProcess(commandID: commandID)
                let result = try await sandbox.run(process.look)
                #expect(process.isRunning(result) == isRunning)
            }
            for (processID, isRunning) in [(number, true), (1 << 30, false)] {
                var process = CommandProcess(commandID: id)
                process.id = processID
                let result = try await sandbox.run(process.look)
                #expect(process.isRunning(result) == isRunning)
            }
        }
    }

    // MARK: The verdict

    private static func expectError(_ script: ScriptedSession, _ limits: CommandLimits) async throws -> SandboxError? {
        var times = CommandTimes()
        (times.shortestPoll, times.longestPoll) = (.milliseconds(5), .milliseconds(5))
        return try await script.serving(times) { sandbox in
            await #expect(throws: SandboxError.self) {
                for try await _ in streamCommand(sandbox.with(commandLimits: limits), "true", cwd: "/") {}
            }
        }
    }

    private static func answer(_ output: String) -> HTTPServerResponse {
        let json: JSONValue = ["exitCode": .int(output.isEmpty ? 1 : 0), "result": .string(output)]
        return .text(200, (try? json.serialized()).map { String(decoding: $0, as: UTF8.self) } ?? "")
    }

    @Test("a command whose log stays empty is not started again while its process is seen, nor when it was seen before")
    func emptyLog() async throws {
        var limits = CommandLimits()
        limits.startLimit = .milliseconds(20)
        let script = ScriptedSession { step, count, _ in
            switch step {
            case .follow: .text(502, "")
            case .log: .text(200, "")
            case .command: .running
            case .look: Self.answer(count <= 3 ? "0 -> /sessions/x/c/stdout\n" : "")
            default: nil
            }
        }
        (limits.silenceLimit, limits.exitCodeLimit) = (.milliseconds(20), .milliseconds(20))
        let error = try await Self.expectError(script, limits)
        #expect(error?.message.contains("is not running") == true)
        #expect(script.count(of: .begin) == 1)
        #expect(script.count(of: .look) > 3)
    }

    @Test("a command whose log stays empty is given up, and not started again, if nothing can look for its process")
    func unknown() async throws {
        var limits = CommandLimits()
        (limits.startLimit, limits.silenceLimit) = (.milliseconds(20), .milliseconds(40))
        let script = ScriptedSession { step, _, _ in
            switch step {
            case .follow: .text(502, "")
            case .log: .text(200, "")
            case .command: .running
            default: nil
            }
        }
        let error = try await Self.expectError(script, limits)
        #expect(error?.message.contains("could not be looked for") == true)
        #expect(script.count(of: .begin) == 1)
    }

    @Test("a process that started at another time does not keep a silent command waited for")
    func reused() async throws {
        var limits = CommandLimits()
        (limits.silenceLimit, limits.exitCodeLimit) = (.milliseconds(20), .milliseconds(20))
        let script = ScriptedSession { step, count, _ in
            switch step {
            case .command: .running
            case .look: Self.answer(Self.status(startedAt: count <= 2 ? 5000 : 6000).output)
            default: nil
            }
        }
        let error = try await Self.expectError(script, limits)
        #expect(error?.message.contains("is not running") == true)
        #expect(script.count(of: .look) > 2)
    }
}
