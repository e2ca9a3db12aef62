import BenchmarkProtocol
import BenchmarkTransport
import Testing

@testable import BenchmarkSandbox

@Suite("The loopback server: processes and logs")
struct ToolboxTests {
    /// The possible logs: the two streams are two pipes, so either may be read first.
    static let logs: [[UInt8]] = {
        let (output, error) = ([1, 1, 1] + Array("out1\n".utf8), [2, 2, 2] + Array("err1\n".utf8))
        return [output + error, error + output]
    }()

    @Test("a session is created, used and deleted", arguments: [Isolation.none, .namespaces])
    func flow(_ isolation: Isolation) async throws {
        try await DaytonaFixture.with(isolation) { fixture in
            let created = try await fixture.toolbox(.post, "/process/session", "{\"sessionId\":\"s\"}")
            #expect(created.status == 201 && created.body.isEmpty)
            #expect(try await fixture.toolbox(.post, "/process/session", "{\"sessionId\":\"s\"}").status == 409)
            #expect(try await fixture.toolbox(.post, "/process/session", "{}").json["code"] == "INVALID_REQUEST_BODY")
            let command = try await fixture.start("echo out1; echo err1 >&2")
            let followed = try await fixture.follow(command)
            #expect(Self.logs.contains(followed.log))
            #expect(followed.code == 1000)
            let state = try await fixture.toolbox(.get, command)
            #expect(state.json["exitCode"] == 0)
            #expect(state.json["command"] == "echo out1; echo err1 >&2")
            let log = try await fixture.toolbox(.get, "\(command)/logs").json
            #expect(log["stdout"] == "out1\n")
            #expect(log["stderr"] == "err1\n")
            #expect(log["output"]?.stringValue == String(decoding: followed.log, as: UTF8.self))
            let session = try await fixture.toolbox(.get, "/process/session/s").json
            #expect(session["commands"]?[0]?["exitCode"] == 0)
            #expect(try await fixture.toolbox(.get, "/process/session").json.arrayValue?.count == 1)
            #expect(try await fixture.toolbox(.delete, "/process/session/s").status == 204)
            #expect(try await fixture.toolbox(.delete, "/process/session/s").status == 404)
        }
    }

    @Test("a synchronous command is answered when it ends, in the format of the SDK's version")
    func synchronous() async throws {
        try await DaytonaFixture.with { fixture in
            _ = try await fixture.toolbox(.post, "/process/session", "{\"sessionId\":\"s\"}")
            let body = "{\"command\":\"echo o; (exit 3)\"}"
            let new = try await fixture.toolbox(.post, "/process/session/s/exec", body)
            #expect(new.status == 200)
            #expect(new.json["exitCode"] == 3)
            #expect(new.json["stdout"] == "o\n")
            let old = try await fixture.toolbox(.post, "/process/session/s/exec", body, version: "0.160.0").json
            #expect(old["stdout"] == .null)
            #expect(old["output"] == "\u{1}\u{1}\u{1}o\n")
            let none = try await fixture.toolbox(.post, "/process/session/s/exec", body, version: nil).json
            #expect(none["output"] == "o\n")
        }
    }

    @Test("a command has no exit code while it runs")
    func running() async throws {
        try await DaytonaFixture.with { fixture in
            _ = try await fixture.toolbox(.post, "/process/session", "{\"sessionId\":\"s\"}")
            let command = try await fixture.start("read line; echo got $line")
            let state = try await fixture.toolbox(.get, command).json
            #expect(state["exitCode"] == nil)
            #expect(try await fixture.toolbox(.post, "\(command)/input", "{\"data\":\"x\"}").status == 204)
            #expect(try await fixture.toolbox(.post, "\(command)/input", "{\"data\":\"\"}").status == 400)
            let followed = try await fixture.follow(command, version: nil)
            #expect(followed.log == Array("x\ngot x\n".utf8))
            #expect(try await fixture.toolbox(.post, "\(command)/input", "{\"data\":\"x\"}").status == 410)
        }
    }

    @Test("any number of followers, early or late, get the whole log in small messages")
    func followers() async throws {
        try await DaytonaFixture.with { fixture in
            _ = try await fixture.toolbox(.post, "/process/session", "{\"sessionId\":\"s\"}")
            let command = try await fixture.start("seq 1 5000; sleep 0.1; seq 5001 10000 >&2")
            let logs = try await withThrowingTaskGroup(of: [UInt8].self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        let followed = try await fixture.follow(command)
                        #expect(followed.code == 1000)
                        #expect(followed.sizes.allSatisfy { (1...1024).contains($0) })
                        return followed.log
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let late = try await fixture.follow(command).log
            #expect(Set(logs + [late]).count == 1)
            let streams = LogDemultiplexer.split(late)
            #expect(streams.standardOutput == Array((1...5000).map { "\($0)\n" }.joined().utf8))
            #expect(streams.standardError == Array((5001...10000).map { "\($0)\n" }.joined().utf8))
        }
    }

    @Test("deleting a session closes its followers with 1000 at once and removes its commands")
    func deletion() async throws {
        try await DaytonaFixture.with(quietPeriod: .seconds(600)) { fixture in
            _ = try await fixture.toolbox(.post, "/process/session", "{\"sessionId\":\"s\"}")
            let command = try await fixture.start("echo begin; sleep 1000")
            let hasBegun = OneShotEvent()
            let follower = Task { try await fixture.follow(command, hasBegun: hasBegun) }
            await hasBegun.wait()
            #expect(try await fixture.toolbox(.delete, "/process/session/s").status == 204)
            let followed = try await follower.value
            #expect(followed.code == 1000)
            #expect(try await fixture.toolbox(.get, command).status == 404)
            await #expect(throws: HTTPClientError.self) { try await fixture.follow(command) }
        }
    }

    @Test(
        "failures are answered the way Daytona's daemon does",
        arguments: [
            ("GET", "/process/session/nope", "", 404, "not found: session not found"),
            ("DELETE", "/process/session/nope", "", 404, "not found: session not found"),
            ("GET", "/process/session/nope/command/c/logs", "", 404, "not found: session not found"),
            ("GET", "/process/session/s/command/nope", "", 404, "not found: command not found"),
            (
                "POST", "/process/session/nope/exec", "{\"command\":\"x\"}", 500,
                "failed to execute command: not found: session not found"
            ),
            ("POST", "/process/session/s/exec", "{\"command\":\" \"}", 400, nil),
            (
                "POST", "/process/session/entrypoint/exec", "{\"command\":\"x\"}", 400,
                "bad request: session entrypoint is reserved"
            ),
            ("POST", "/process/execute", "{\"command\":\"\"}", 400, "bad request: command is required"),
            (
                "POST", "/process/execute", "{\"command\":\"x\",\"envs\":{\"1A\":\"\"}}", 400,
                "bad request: invalid environment variable name: 1A"
            ),
            (
                "POST", "/process/execute", "{\"command\":\"sleep 100\",\"timeout\":1}", 408,
                "request timeout: command execution timeout"
            ),
            ("GET", "/nope", "", 404, "not found: no such endpoint"),
        ] as [(String, String, String, Int, String?)]
    )
    func failures(_ method: String, _ path: String, _ body: String, _ status: Int, _ message: String?) async throws {
        try await DaytonaFixture.with { fixture in
            _ = try await fixture.toolbox(.post, "/process/session", "{\"sessionId\":\"s\"}")
            let method = try #require(HTTPMethod(method))
            let answer = try await fixture.toolbox(method, path, body)
            #expect(answer.status == status)
            #expect(answer.json["message"]?.stringValue == message)
            if message == nil { #expect(answer.body.isEmpty) }
        }
    }

    @Test("a stopped sandbox answers 400, and its sessions are gone afterwards")
    func stopped() async throws {
        try await DaytonaFixture.with { fixture in
            _ = try await fixture.toolbox(.post, "/process/session", "{\"sessionId\":\"s\"}")
            _ = try await fixture.api(.post, "/sandbox/\(fixture.id)/stop")
            let answer = try await fixture.toolbox(.get, "/process/session")
            #expect(answer.status == 400)
            #expect(answer.json["message"]?.stringValue?.contains("Is the Sandbox started?") == true)
            _ = try await fixture.api(.post, "/sandbox/\(fixture.id)/start")
            #expect(try await fixture.toolbox(.get, "/process/session/s").status == 404)
        }
    }
}
