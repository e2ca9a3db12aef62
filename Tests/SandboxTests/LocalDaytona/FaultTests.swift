import BenchmarkProtocol
import BenchmarkTransport
import Testing

@testable import BenchmarkSandbox

@Suite("Faults of a local Daytona on the wire")
struct FaultTests {
    /// The messages that a follower received, and how its stream ended.
    private struct Followed: Sendable, Equatable {
        var messages: [[UInt8]] = []
        var isText = false
        var end: String
        var bytes: [UInt8] { Array(messages.joined()) }
    }

    private static let log = Array("\u{1}\u{1}\u{1}é1\n\u{1}\u{1}\u{1}é2\n".utf8)

    /// Runs a command in a local Daytona with a plan, and passes the sandbox and the command's URL to a closure.
    private func withCommand<R: Sendable>(
        _ plan: FaultPlan,
        _ body: @Sendable (LocalDaytona, DaytonaSandbox, HTTPURL) async throws -> R
    ) async throws -> R {
        var configuration = LocalDaytona.Configuration()
        configuration.quietPeriod = .milliseconds(100)
        let local = try await LocalDaytona.start(configuration)
        do {
            var client = try DaytonaClient(local.credentials)
            client.configuration.maxAttempts = 1
            let sandbox = try await client.createSandbox(CreateSandboxRequest())
            let session = sandbox.toolbox.appending("/process/session")
            _ = try await client.call(.post, session, json: ["sessionId": "s"])
            local.setFaults(plan)
            let answer = try await client.call(
                .post,
                session.appending("/s/exec"),
                json: ["command": "echo é1; echo é2; (exit 3)", "runAsync": true]
            )
            let id = try #require(answer["cmdId"]?.stringValue)
            let result = try await body(local, sandbox, session.appending("/s/command/\(id)"))
            await local.shutdown()
            return result
        } catch {
            await local.shutdown()
            throw error
        }
    }

    /// Follows the command's log until the stream ends or is cut.
    private static func follow(_ command: HTTPURL, _ client: DaytonaClient) async throws -> Followed {
        var configuration = WebSocketConfiguration()
        configuration.acceptsInvalidText = true
        let url = command.appending("/logs?follow=true")
        var followed = Followed(end: "closed")
        let socket: WebSocketConnection
        do {
            socket = try await client.http.openWebSocket(url, fields: client.fields, webSocket: configuration)
        } catch let error as HTTPClientError {
            return Followed(end: "refused with \(error.status ?? 0)")
        }
        do {
            while let message = try await socket.receive() {
                if case .text = message { followed.isText = true }
                followed.messages.append(message.bytes)
            }
        } catch is WebSocketError { followed.end = "cut" }
        await socket.release()
        return followed
    }

    private static func fault(_ text: String) throws -> Fault { try Fault(parsing: text) }

    @Test(
        "a fault ends a follower's stream early",
        arguments: [
            ("close-after=5", 5, "closed"), ("close-after=5,code=1011", 5, "closed"),
            ("close-after=9,code=0", 9, "cut"),
            ("close-after=0,code=0", 0, "cut"), ("refuse-upgrade=502", 0, "refused with 502"),
            ("drop-final,probability=1", -1, "closed"),
        ]
    )
    func endings(_ text: String, _ count: Int, _ end: String) async throws {
        var fault = try Self.fault(text)
        fault.method = "GET"
        try await withCommand(FaultPlan([fault])) { local, sandbox, command in
            let followed = try await Self.follow(command, sandbox.client)
            #expect(followed.end == end)
            #expect(Self.log.starts(with: followed.bytes))
            switch (count, end) {
            case (-1, _): #expect(followed.bytes.count < Self.log.count)
            default: #expect(followed.bytes.count == count)
            }
            #expect(local.faultStrikes.map(\.count) == [1])
        }
    }

    @Test(
        "a fault that had no effect is not counted",
        arguments: ["close-after=1000", "split=1024", "stall=1,after=1000", "reset", "delay-answer=1,route=files"]
    )
    func withoutEffect(_ text: String) async throws {
        var fault = try Self.fault(text)
        fault.method = "GET"
        try await withCommand(FaultPlan([fault])) { local, sandbox, command in
            let followed = try await Self.follow(command, sandbox.client)
            #expect(followed.end == "closed")
            #expect(followed.bytes == Self.log)
            #expect(local.faultStrikes.map(\.count) == [0])
        }
    }

    @Test(
        "a fault that splits or delays a follower's messages loses nothing",
        arguments: ["split=1", "split=2", "split-at-marker", "text-messages", "delay=1", "stall=20", "stall=1,after=9"]
    )
    func messages(_ text: String) async throws {
        try await withCommand(FaultPlan([try Self.fault(text)])) { local, sandbox, command in
            let followed = try await Self.follow(command, sandbox.client)
            #expect(followed.bytes == Self.log)
            #expect(followed.end == "closed")
            #expect(followed.isText == (text == "text-messages"))
            if text == "split=1" { #expect(followed.messages == Self.log.map { [$0] }) }
            if text == "split-at-marker" {
                #expect(followed.messages.dropLast().allSatisfy { $0.suffix(3) == [1, 1, 1] })
            }
            #expect(local.faultStrikes.map(\.count) == [1])
        }
    }

    @Test("messages that are to have no bytes at all have one", arguments: [0, -1])
    func noBytes(_ value: Int) async throws {
        try await withCommand(FaultPlan([Fault(.split, value)])) { _, sandbox, command in
            let followed = try await Self.follow(command, sandbox.client)
            #expect(followed.messages == Self.log.map { [$0] })
            #expect(followed.end == "closed")
        }
    }

    @Test("a fault leaves Pings unanswered, so that the client ends the stream")
    func pings() async throws {
        try await withCommand(FaultPlan([Fault(.noPong), Fault(.neverClose)])) { local, sandbox, command in
            var configuration = WebSocketConfiguration()
            (configuration.pingInterval, configuration.pongTimeout) = (.milliseconds(10), .milliseconds(10))
            let socket = try await sandbox.client.http.openWebSocket(
                command.appending("/logs?follow=true"),
                fields: sandbox.client.fields,
                webSocket: configuration
            )
            await #expect(throws: WebSocketError.self) { while try await socket.receive() != nil {} }
            await socket.release()
            #expect(local.faultStrikes.first?.count == 1)
        }
    }

    @Test("a fault replaces an answer by a status, by nothing at all, or by an error without its message")
    func answers() async throws {
        try await withCommand(FaultPlan()) { local, sandbox, command in
            func status(_ text: String, _ path: String = "/process/session/new", _ method: HTTPMethod = .get)
                async throws -> SandboxError?
            {
                local.setFaults(FaultPlan([try Self.fault(text)]))
                do { _ = try await sandbox.client.call(method, sandbox.toolbox.appending(path)) } catch let error
                    as SandboxError
                {
                    return error
                }
                return nil
            }
            let limited = try await status("status=429")
            #expect(limited?.code == .rateLimited)
            #expect(limited?.retryAfter == .seconds(1))
            #expect(try await status("status=503")?.code == .unavailable)
            #expect(try await status("status=503,route=files")?.code == .notFound)
            #expect(try await status("status=503,method=POST")?.code == .notFound)
            #expect(try await status("reset")?.code == .unavailable)
            let empty = try await status("empty-errors")
            #expect(empty?.code == .notFound)
            #expect(empty?.message.contains("session not found") == false)
            #expect(try await status("delay-answer=5")?.message.contains("session not found") == true)

            // One request that is carried out all the same, and one that is not.
            for (text, isThere) in [("reset-after,times=1", true), ("reset,times=1", false)] {
                local.setFaults(FaultPlan([try Self.fault(text)]))
                let url = sandbox.toolbox.appending("/process/session")
                let name = isThere ? "a" : "b"
                await #expect(throws: SandboxError.self) {
                    try await sandbox.client.call(.post, url, json: ["sessionId": .string(name)])
                }
                let sessions = try await sandbox.client.call(.get, url).arrayValue ?? []
                #expect(sessions.contains { $0["sessionId"]?.stringValue == name } == isThere)
            }
        }
    }

    @Test(
        "a fault's error has the form of the control plane's or the toolbox's own errors",
        arguments: [(false, ["code", "method"]), (true, ["error"])] as [(Bool, [String])]
    )
    func form(_ isControlPlane: Bool, _ members: [String]) async throws {
        try await withCommand(FaultPlan()) { local, sandbox, _ in
            local.setFaults(FaultPlan([Fault(.status, 503)]))
            let url = isControlPlane ? try HTTPURL(local.apiURL + "/sandbox") : sandbox.toolbox.appending("/version")
            var request = HTTPClientRequest(.get, url)
            request.fields = sandbox.client.authorization
            let answer = try await sandbox.client.http.send(request)
            let object = try #require(try JSONValue(parsing: answer.body).objectValue)
            let common = ["statusCode", "message", "timestamp", "path"]
            #expect(Set(object.map(\.key)) == Set(common + members))
            #expect(object["statusCode"] == 503)
        }
    }

    @Test("a fault withholds an exit code or loses a command")
    func commands() async throws {
        try await withCommand(FaultPlan([Fault(.lateExitCode, 1 << 30)])) { local, sandbox, command in
            // A follower's stream closes once there is an exit code.
            _ = try await Self.follow(command, sandbox.client)
            #expect(try await sandbox.client.call(.get, command)["exitCode"] == nil)
            local.setFaults(FaultPlan())
            #expect(try await sandbox.client.call(.get, command)["exitCode"] == 3)
        }
        // One that would be over before the command is looked up has no effect, and does not count.
        try await withCommand(FaultPlan([Fault(.lateExitCode, 0)])) { local, sandbox, command in
            _ = try await Self.follow(command, sandbox.client)
            #expect(try await sandbox.client.call(.get, command)["exitCode"] == 3)
            #expect(local.faultStrikes.map(\.count) == [0])
        }
        try await withCommand(FaultPlan([Fault(.lostCommand)])) { local, sandbox, command in
            let log = try await sandbox.client.call(.get, command.appending("/logs"))
            #expect(log["output"] == "")
            #expect(try await sandbox.client.call(.get, command)["exitCode"] == nil)
            #expect(local.faultStrikes.map(\.count) == [1])
        }
    }

    @Test("faults are shown, replaced and removed only with the key")
    func control() async throws {
        try await withCommand(FaultPlan()) { local, sandbox, _ in
            var client = sandbox.client
            let url = try HTTPURL(local.apiURL.dropLast(4) + "/faults")
            let plan: JSONValue = ["seed": 4, "faults": [["kind": "status", "value": 500, "times": 1]]]
            _ = try await client.call(.put, url, json: plan)
            await #expect(throws: SandboxError.self) {
                try await client.call(.get, sandbox.toolbox.appending("/version"))
            }
            let shown = try await client.call(.get, url)
            #expect(shown == ["seed": 4, "faults": [["kind": "status", "value": 500, "times": 1, "strikes": 1]]])
            let error = await #expect(throws: SandboxError.self) {
                try await client.call(.put, url, json: ["faults": [["kind": "flood"]]])
            }
            #expect(error?.message.contains("'flood'") == true)
            #expect(try await client.call(.delete, url)["faults"] == [])

            client = try DaytonaClient(DaytonaCredentials(apiKey: "wrong", apiURL: local.apiURL, target: ""))
            let refused = await #expect(throws: SandboxError.self) { try await client.call(.get, url) }
            #expect(refused?.code == .unauthorized)
        }
    }
}
