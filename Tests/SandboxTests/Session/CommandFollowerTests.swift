import BenchmarkTransport
import TestSupport
import Testing

@testable import BenchmarkSandbox

@Suite("Following a command", .timeLimit(.minutes(5)))
struct CommandFollowerTests {
    /// Returns the default times with fast polling and a change: only what a test is about is quick.
    private static func times(_ change: (inout CommandTimes) -> Void) -> CommandTimes {
        var times = CommandTimes()
        (times.shortestPoll, times.longestPoll) = (.milliseconds(5), .milliseconds(5))
        change(&times)
        return times
    }

    private static func output(_ sandbox: DaytonaSandbox) async throws -> String {
        var output = ""
        for try await text in streamCommand(sandbox, "true", cwd: "/") { output += text }
        return output
    }

    // MARK: The handshake

    @Test("a handshake that hangs does not hide the end of the command")
    func hangingHandshake() async throws {
        let release = OneShotEvent()
        let script = ScriptedSession { step, _, _ in
            guard step == .follow else { return nil }
            await release.wait()
            return .text(502, "")
        }
        try await script.serving(Self.times { $0.handshakeLimit = .seconds(3600) }) { sandbox in
            let output = try await Self.output(sandbox)
            #expect(output == "all\n")
            release.fire()
        }
    }

    @Test("a handshake that hangs is given up and tried again")
    func lateHandshake() async throws {
        let (release, followed) = (OneShotEvent(), OneShotEvent())
        let script = ScriptedSession { step, count, script in
            switch step {
            case .follow where count == 1: await release.wait()
            case .follow: followed.fire()
            case .log where !followed.hasFired: return .text(502, "")
            case .command where !followed.hasFired: return .running
            default: break
            }
            return nil
        }
        try await script.serving(Self.times { $0.handshakeLimit = .milliseconds(20) }) { sandbox in
            let output = try await Self.output(sandbox)
            #expect(output == "all\n")
            release.fire()
        }
        #expect(script.count(of: .follow) >= 2)
    }

    // MARK: The stream

    /// Runs a command whose first stream stops before the last two bytes of the log, and expects a second stream.
    private static func expectSecondStream(_ times: CommandTimes, answersPings: Bool = true) async throws {
        let followed = OneShotEvent()
        let script = ScriptedSession { step, count, script in
            switch step {
            case .follow where count == 1:
                return .stream { [log = script.log] socket in
                    if !answersPings { await socket.ignorePings() }
                    try? await socket.send(Array(log.dropLast(2)))
                    try? await socket.waitUntilEnded()
                }
            case .follow: followed.fire()
            case .command where !followed.hasFired: return .running
            default: break
            }
            return nil
        }
        try await script.serving(times) { sandbox in
            let output = try await Self.output(sandbox)
            #expect(output == "all\n")
        }
        #expect(script.count(of: .follow) == 2)
    }

    @Test("a stream that stalls is followed again")
    func stall() async throws {
        try await Self.expectSecondStream(
            Self.times { ($0.shortestStall, $0.pingInterval) = (.milliseconds(50), .seconds(3600)) }
        )
    }

    @Test("a stream whose Pings are not answered is followed again")
    func missingPong() async throws {
        let times = Self.times {
            ($0.pingInterval, $0.pongTimeout, $0.shortestStall) = (.milliseconds(20), .milliseconds(20), .seconds(3600))
        }
        try await Self.expectSecondStream(times, answersPings: false)
    }

    @Test("a reader that takes nothing keeps the stream open: all of it is read, and Pings are answered")
    func stalledReader() async throws {
        // Much more than the spool holds in memory, the connection queues and the kernel buffers.
        let (blocks, allRead) = (512, OneShotEvent())
        var (output, text) = ([UInt8](), "")
        for number in 0..<blocks {
            let line = "block \(number) " + String(repeating: "x", count: 65_536) + "\n"
            output += LogStream.standardOutput.marker + Array(line.utf8)
            text += line
        }
        let script = ScriptedSession(output: output) { step, _, script in
            switch step {
            case .follow:
                return .stream { [log = script.log] socket in
                    var rest = log[...]
                    while !rest.isEmpty {
                        try? await socket.send(Array(rest.prefix(65_536)))
                        rest = rest.dropFirst(65_536)
                    }
                    // A Ping after the whole log is answered only when all of the log has been read.
                    if (try? await socket.ping()) != nil { allRead.fire() }
                    try? await socket.ping()
                }
            case .command where !allRead.hasFired: return .running
            default: return nil
            }
        }
        try await script.serving(Self.times { $0.pingInterval = .milliseconds(50) }) { sandbox in
            var iterator = streamCommand(sandbox, "true", cwd: "/").makeAsyncIterator()
            var taken = try #require(try await iterator.next())
            await allRead.wait()
            while let more = try await iterator.next() { taken += more }
            #expect(taken == text)
        }
        #expect(script.count(of: .follow) == 1)
    }

    // MARK: The end

    @Test("a valid key that is refused for a while is no reason to give up", arguments: [401, 403])
    func falseRefusals(_ status: Int) async throws {
        let followed = OneShotEvent()
        let script = ScriptedSession { step, count, _ in
            switch step {
            case .follow: return .stream { _ in await followed.wait() }
            case .command where count <= 9: return .text(status, "")
            case .command:
                followed.fire()
                return nil
            case .log where count <= 2: return .text(status, "")
            default: return nil
            }
        }
        try await script.serving(Self.times { _ in }) { sandbox in
            let output = try await Self.output(sandbox)
            #expect(output == "all\n")
        }
    }

    @Test(
        "the log is read again if the daemon may report the exit code before it has logged the last output",
        arguments: ["0.159.2", "0.160.0", "0.169.9", "", "dev"]
    )
    func lateOutput(_ version: String) async throws {
        let script = ScriptedSession { step, count, script in
            switch step {
            case .follow: .text(502, "")
            case .log where count == 1: HTTPServerResponse(status: .ok, body: .bytes(Array(script.log.dropLast(2))))
            default: nil
            }
        }
        let times = Self.times { $0.lateOutputPause = .milliseconds(1) }
        try await script.serving(daemonVersion: version, times) { sandbox in
            let output = try await Self.output(sandbox)
            #expect(output == "all\n")
        }
        #expect(script.count(of: .log) == 2)
    }

    @Test(
        "the log is read once if the daemon reports the exit code only after the last output",
        arguments: ["0.170.0", "0.190.0", "1.0.0"]
    )
    func timelyOutput(_ version: String) async throws {
        let script = ScriptedSession()
        try await script.serving(daemonVersion: version) { sandbox in
            let output = try await Self.output(sandbox)
            #expect(output == "all\n")
        }
        #expect(script.count(of: .log) == 1)
    }

    @Test("every request of a command names the organization")
    func organization() async throws {
        let script = ScriptedSession()
        try await script.serving(organizationID: "o-1") { sandbox in _ = try await Self.output(sandbox) }
        let requests = script.requests.withLock { $0 }
        for step in [.create, .begin, .follow, .command, .log, .delete] as [ScriptedSession.Step] {
            #expect(requests.contains { $0.step == step })
        }
        #expect(requests.allSatisfy { $0.fields["x-daytona-organization-id"] == "o-1" })
    }
}
