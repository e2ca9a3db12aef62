import BenchmarkProtocol
import BenchmarkTransport
import TestSupport
import Testing

@testable import BenchmarkSandbox

@Suite("The life cycle of a sandbox", .timeLimit(.minutes(5)))
struct DaytonaLifecycleTests {
    @Test("a sandbox is created as requested, stopped, started and deleted")
    func life() async throws {
        try await withLocalDaytona { client in
            var request = CreateSandboxRequest(snapshot: "small")
            request.name = "mine"
            request.environment = [("A", "b")]
            request.labels = [("run", "7")]
            (request.isPublic, request.user) = (true, "root")
            (request.autoStopMinutes, request.autoArchiveMinutes, request.autoDeleteMinutes) = (5, 6, 7)
            let info = try await client.createSandbox(request).info
            #expect(info.state == .started)
            #expect((info.name, info.snapshot, info.user) == ("mine", "small", "root"))
            #expect(info.environment == ["A": "b"])
            #expect(info.labels["run"] == "7")
            #expect(info.isPublic)
            #expect((info.autoStopMinutes, info.autoArchiveMinutes, info.autoDeleteMinutes) == (5, 6, 7))

            let again = await #expect(throws: SandboxError.self) { try await client.createSandbox(request) }
            #expect(again?.code == .conflict)

            #expect(try await client.stopSandbox("mine", force: true).state == .stopped)
            let stopped = try await client.sandbox("mine")
            let error = await #expect(throws: SandboxError.self) { try await stopped.run("true") }
            #expect(error?.code == .conflict)
            #expect(try await client.startSandbox("mine").state == .started)
            #expect(try await stopped.refreshed().run("echo $A").output == "b\n")

            try await client.deleteSandbox("mine")
            #expect(try await client.waitForSandbox(info.id, until: .destroyed).state == .destroyed)
            try await client.deleteSandbox("mine")
        }
    }

    @Test("a sandbox from an image has the requested resources, and its settings can be changed")
    func image() async throws {
        try await withLocalDaytona { client in
            let resources = Resources(vcpu: 2, memory: 4, disk: 10)
            let sandbox = try await client.createSandbox(CreateSandboxRequest(image: "x:1", resources: resources))
            #expect(sandbox.info.state == .started)
            #expect(sandbox.info.resources == resources)
            #expect(try await client.setLabels(["a": "b"], of: sandbox.id) == ["a": "b"])
            #expect(try await client.setAutoStop(minutes: 0, of: sandbox.id).autoStopMinutes == 0)
            #expect(try await client.setAutoArchive(minutes: 9, of: sandbox.id).autoArchiveMinutes == 9)
            #expect(try await client.setAutoDelete(minutes: nil, of: sandbox.id).autoDeleteMinutes == -1)
            #expect(try await sandbox.refreshed().info.labels == ["a": "b"])
            let link = try await sandbox.previewLink(port: 8080)
            #expect(link.url.hasSuffix(":8080") && !link.token.isEmpty)
            #expect(try await sandbox.signedPreviewLink(port: 1, lifetime: .seconds(9)).url.hasSuffix(":1"))
        }
    }

    @Test("an ephemeral sandbox is destroyed when it is stopped")
    func ephemeral() async throws {
        try await withLocalDaytona { client in
            var request = CreateSandboxRequest()
            request.autoDeleteMinutes = 0
            let id = try await client.createSandbox(request).id
            #expect(try await client.stopSandbox(id).state == .destroyed)
        }
    }

    // MARK: Lists

    @Test("sandboxes are listed page by page, and by labels, states and ids", arguments: [1, 2, 3, 200])
    func lists(_ pageSize: Int) async throws {
        try await withLocalDaytona { client in
            var expected: [String] = []
            for index in 0..<5 {
                var request = CreateSandboxRequest()
                request.labels = [("parity", index % 2 == 0 ? "even" : "o\"ä&d")]
                expected.append(try await client.createSandbox(request).id)
            }
            func ids(_ query: SandboxQuery) async throws -> [String] {
                try await client.sandboxes(query).reduce(into: []) { $0.append($1.id) }
            }
            expected.reverse()
            #expect(try await ids(SandboxQuery(pageSize: pageSize)) == expected)
            let odd = try await ids(SandboxQuery(labels: ["parity": "o\"ä&d"], pageSize: pageSize))
            #expect(odd == [expected[1], expected[3]])
            #expect(try await ids(SandboxQuery(states: [.stopped, .error], pageSize: pageSize)) == [])
            #expect(try await ids(SandboxQuery(idPrefix: expected[2], pageSize: pageSize)) == [expected[2]])
            var counts: [Int] = []
            for try await page in client.sandboxPages(SandboxQuery(pageSize: pageSize)) {
                counts.append(page.items.count)
            }
            #expect(counts.allSatisfy { $0 <= pageSize } && counts.reduce(0, +) == 5)
            let page = try await client.sandboxPage(SandboxQuery(pageSize: pageSize))
            #expect((page.nextCursor == nil) == (pageSize >= 5))
            #expect(try await client.sandbox(try #require(page.items.first)).run("echo x").output == "x\n")
        }
    }

    @Test("a list that repeats a cursor is a protocol violation, and an empty page is not")
    func circles() async throws {
        try await ScriptedDaytona.with { request, _ in
            let isFirst = !request.head.target.contains("cursor")
            let items = isFirst ? "" : #"{"id":"a"}"#
            return .text(200, #"{"items":[\#(items)],"nextCursor":"same"}"#)
        } _: { client, script in
            var ids: [String] = []
            var iterator = client.sandboxes().makeAsyncIterator()
            do {
                while let info = try await iterator.next() { ids.append(info.id) }
                Issue.record("the list has an end")
            } catch let error as SandboxError { #expect(error.code == .protocolViolation) }
            #expect(ids == [])
            let next = try await iterator.next()
            #expect(next == nil)
            #expect(script.count == 2)
        }
    }

    @Test("a list that repeats earlier cursors in turn is a protocol violation", arguments: 2...5)
    func longCircles(_ length: Int) async throws {
        try await ScriptedDaytona.with { _, number in
            .text(200, #"{"items":[{"id":"\#(number)"}],"nextCursor":"\#(number % length)"}"#)
        } _: { client, script in
            let error = await #expect(throws: SandboxError.self) { for try await _ in client.sandboxes() {} }
            #expect(error?.code == .protocolViolation)
            #expect(script.count <= 3 * length)
        }
    }

    // MARK: Waiting

    private static func state(_ state: String) -> HTTPServerResponse {
        .text(200, #"{"id":"s","state":"\#(state)","toolboxProxyUrl":"http://127.0.0.1:9/t","errorReason":"no disk"}"#)
    }

    @Test(
        "waiting ends at the wanted state, or at a state from which it cannot be reached",
        arguments: [
            (["creating", "pulling_snapshot", "started"], SandboxState.started, nil),
            (["pending_build", "build_failed"], .started, .failed), (["starting", "error"], .started, .failed),
            (["destroying"], .started, .failed), (["stopping", "stopped"], .stopped, nil),
            (["destroying", "destroyed"], .stopped, nil), (["odd", "archived"], .archived, nil),
            (["error"], .error, nil),
        ] as [([String], SandboxState, SandboxError.Code?)]
    )
    func waiting(_ states: [String], _ wanted: SandboxState, _ code: SandboxError.Code?) async throws {
        try await ScriptedDaytona.with { _, number in
            // The first query fails temporarily.
            number == 1 ? .text(502, "") : Self.state(states[min(number - 2, states.count - 1)])
        } _: { client, script in
            if let code {
                let error = await #expect(throws: SandboxError.self) {
                    try await client.waitForSandbox("s", until: wanted)
                }
                #expect(error?.code == code)
                #expect(error?.message.contains("no disk") == true)
            } else {
                try await client.waitForSandbox("s", until: wanted)
            }
            #expect(script.count == states.count + 1)
        }
    }

    @Test("waiting goes on after failures that may be temporary", arguments: [408, 429, 500, 502, 503, 504])
    func passingFailures(_ status: Int) async throws {
        try await ScriptedDaytona.with { _, number in
            number <= 12 ? .text(status, "", [("Retry-After", "0")]) : Self.state("started")
        } _: { client, _ in
            let info = try await client.waitForSandbox("s", until: .started)
            #expect(info.state == .started)
        }
    }

    @Test(
        "waiting keeps the pause that a server asks for, but not past its deadline, and then reports the last failure"
    )
    func lastFailure() async throws {
        try await ScriptedDaytona.with { _, _ in
            .text(500, #"{"message":"no database"}"#, [("Retry-After", "50")])
        } _: { client, script in
            let error = await #expect(throws: SandboxError.self) {
                try await client.waitForSandbox("s", until: .started, timeout: .seconds(2))
            }
            #expect(error?.code == .timedOut)
            #expect(error?.message.hasSuffix("the last look at it failed: no database") == true)
            #expect(script.count <= 2)
        }
    }

    @Test("waiting has a deadline, and a new sandbox that has not started by then is deleted")
    func late() async throws {
        let deleted = OneShotEvent()
        try await ScriptedDaytona.with { request, _ in
            if request.head.method == .delete { deleted.fire() }
            return Self.state("creating")
        } _: { client, _ in
            let waited = await #expect(throws: SandboxError.self) {
                try await client.waitForSandbox("s", until: .started, timeout: .milliseconds(20))
            }
            #expect(waited?.code == .timedOut)
            let created = await #expect(throws: SandboxError.self) {
                try await client.createSandbox(.init(), timeout: .milliseconds(50))
            }
            #expect(created?.code == .timedOut)
            await deleted.wait()
        }
    }

    @Test("a creation that is cancelled before its answer deletes the sandbox once the answer names it")
    func cancelledCreation() async throws {
        let (arrived, release, deleted) = (OneShotEvent(), OneShotEvent(), OneShotEvent())
        try await ScriptedDaytona.with { request, _ in
            switch request.head.method {
            case .post:
                arrived.fire()
                await release.wait()
            case .delete: deleted.fire()
            default: break
            }
            return Self.state("creating")
        } _: { client, script in
            let creation = Task { try await client.createSandbox(.init()) }
            await arrived.wait()
            creation.cancel()
            await #expect(throws: CancellationError.self) { try await creation.value }
            release.fire()
            await deleted.wait()
            #expect(script.seen.withLock { $0 } == ["POST /api/sandbox", "DELETE /api/sandbox/s"])
        }
    }

    @Test("a sandbox that nobody will use is deleted however the first attempts fail", arguments: [401, 500])
    func stubborn(_ status: Int) async throws {
        let (deletions, deleted) = (Locked(0), OneShotEvent())
        try await ScriptedDaytona.with { request, _ in
            guard request.head.method == .delete else { return Self.state("creating") }
            let count = deletions.withLock { count in
                count += 1
                return count
            }
            if count < 3 { return .text(status, "") }
            deleted.fire()
            return Self.state("destroying")
        } _: { client, _ in
            let error = await #expect(throws: SandboxError.self) {
                try await client.createSandbox(.init(), timeout: .milliseconds(50))
            }
            #expect(error?.code == .timedOut)
            await deleted.wait()
        }
    }

    @Test("a sandbox whose creation was carried out but not answered is found by its label and deleted")
    func lostCreation() async throws {
        let local = try await LocalDaytona.start()
        var lost = Fault(.resetAfter)
        (lost.method, lost.route, lost.times) = ("POST", "sandbox", 1)
        local.setFaults(FaultPlan([lost]))
        do {
            let client = try DaytonaClient(local.credentials)
            let error = await #expect(throws: SandboxError.self) { try await client.createSandbox(.init()) }
            #expect(error?.code == .unavailable)
            // Another one is left alone.
            let kept = try await client.createSandbox(.init())
            #expect(local.faultStrikes.map(\.count) == [1])
            while try await client.sandboxPage().items.map(\.id) != [kept.id] {}
            await local.shutdown()
        } catch {
            await local.shutdown()
            throw error
        }
    }

    @Test("a new sandbox is returned only once its toolbox itself answers")
    func toolbox() async throws {
        let address = Locked("")
        try await ScriptedDaytona.with { request, number in
            if request.head.path.hasPrefix("/toolbox") { return .text(number < 6 ? 502 : 404, "") }
            if request.head.path.hasSuffix("toolbox-proxy-url") {
                return .text(200, #"{"url":"\#(address.withLock { $0 })/toolbox"}"#)
            }
            return .text(200, #"{"id":"s","state":"started","toolboxProxyUrl":""}"#)
        } _: { client, script in
            address.withLock { $0 = String(client.credentials.apiURL.dropLast(4)) }
            _ = try await client.createSandbox(.init())
            #expect(script.count == 6)
        }
    }
}
