import BenchmarkProtocol
import BenchmarkTransport
import TestSupport
import Testing

@testable import BenchmarkSandbox

@Suite("A sandbox's intervals", .timeLimit(.minutes(10)))
struct IntervalTests {
    typealias Due = SandboxIntervals.Due

    /// Returns a number of minutes in nanoseconds.
    private static func minutes(_ count: Int) -> Int64 { Int64(count) * 60_000_000_000 }

    @Test(
        "a started sandbox is stopped after its minutes without a request, or never if they are 0",
        arguments: [
            (15, 14, nil), (15, 15, .stop), (1, 0, nil), (1, 1, .stop), (0, 1_000_000, nil), (.max, 1_000_000, nil),
            (15, nil, nil),
        ] as [(Int, Int?, Due?)]
    )
    func stop(_ interval: Int, _ idle: Int?, _ due: Due?) {
        var record = SandboxRecord(id: "x")
        record.autoStopMinutes = interval
        #expect(SandboxIntervals(minute: .seconds(60)).due(record, idle: idle.map(Self.minutes)) == due)
    }

    @Test(
        "a stopped sandbox is archived, after 30 days at the latest, and deleted unless that is off",
        arguments: [
            (5, -1, 4, nil), (5, -1, 5, .archive), (0, -1, 43_199, nil), (0, -1, 43_200, .archive),
            (.max, -1, 43_200, .archive), (5, 5, 5, .delete), (5, 6, 5, .archive), (5, 0, 4, nil),
        ] as [(Int, Int, Int, Due?)]
    )
    func stopped(_ archive: Int, _ delete: Int, _ time: Int, _ due: Due?) {
        var record = SandboxRecord(id: "x")
        (record.state, record.autoArchiveMinutes, record.autoDeleteMinutes) = (.stopped, archive, delete)
        let intervals = SandboxIntervals(minute: .seconds(60))
        #expect(intervals.due(record, stopped: Self.minutes(time)) == due)
        record.state = .archived
        #expect(intervals.due(record, stopped: Self.minutes(time)) == (due == .archive ? nil : due))
    }

    /// The request for a sandbox that is never stopped, so that it can be set up.
    private static let patient = "{\"autoStopInterval\":0}"

    @Test("an unused sandbox is stopped, archived and deleted, and can be started in between")
    func unused() async throws {
        try await DaytonaFixture.with(minute: .milliseconds(100), creating: Self.patient) { fixture in
            let path = "/sandbox/\(fixture.id)"
            func wait(for state: String) async throws {
                while try await fixture.api(.get, path).json["state"]?.stringValue != state {}
            }
            _ = try await fixture.api(.post, "\(path)/autoarchive/1")
            _ = try await fixture.api(.post, "\(path)/autostop/1")
            try await wait(for: "archived")
            #expect(try await fixture.toolbox(.get, "/version").status == 200)
            #expect(try await fixture.toolbox(.get, "/work-dir").status == 400)
            _ = try await fixture.api(.post, "\(path)/autostop/0")
            #expect(try await fixture.api(.post, "\(path)/start").json["state"] == "started")
            _ = try await fixture.api(.post, "\(path)/autodelete/1")
            _ = try await fixture.api(.post, "\(path)/autostop/1")
            while try await fixture.api(.get, path).status != 404 {}
        }
    }

    @Test("a sandbox that is to be deleted when it stops is deleted")
    func ephemeral() async throws {
        try await DaytonaFixture.with(minute: .milliseconds(100), creating: Self.patient) { fixture in
            let path = "/sandbox/\(fixture.id)"
            _ = try await fixture.api(.post, "\(path)/autodelete/0")
            _ = try await fixture.api(.post, "\(path)/autostop/1")
            while try await fixture.api(.get, path).status != 404 {}
        }
    }

    @Test("an open request keeps a sandbox from being stopped")
    func openRequest() async throws {
        try await DaytonaFixture.with(minute: .milliseconds(100), creating: Self.patient) { fixture in
            _ = try await fixture.toolbox(.post, "/process/session", "{\"sessionId\":\"s\"}")
            let command = try await fixture.start("echo begun; sleep 1; echo end")
            let hasBegun = OneShotEvent()
            async let setting = {
                try await hasBegun.waitUnlessCancelled()
                return try await fixture.api(.post, "/sandbox/\(fixture.id)/autostop/1").status
            }()
            let followed = try await fixture.follow(command, version: nil, hasBegun: hasBegun)
            #expect(followed.log == Array("begun\nend\n".utf8))
            #expect(followed.code == 1000)
            #expect(try await setting == 200)
            while try await fixture.api(.get, "/sandbox/\(fixture.id)").json["state"] != "stopped" {}
        }
    }

    @Test("a request that begins after a sandbox was found to be due keeps it from being stopped or deleted")
    func lateRequest() async throws {
        try await withTemporaryDirectory { folder in
            let (loop, intervals) = (EventLoopGroup.shared.next(), SandboxIntervals(minute: .nanoseconds(1)))
            let registry = SandboxRegistry(
                directory: folder,
                kind: nil,
                grace: .zero,
                intervals: SandboxIntervals(minute: .seconds(60)),
                loop: loop
            )
            let sandbox = try await registry.add(SandboxRecord(id: RandomText.uuid()))
            try await sandbox.start()
            #expect(await sandbox.due(intervals) == .stop)
            let request = await sandbox.beginRequest()
            for minutes in [-1, 0] {
                _ = await sandbox.update { $0.autoDeleteMinutes = minutes }
                await #expect(throws: LocalSandbox.Failure.changeInProgress) {
                    try await registry.stop(sandbox, ifDue: intervals)
                }
            }
            _ = await sandbox.update { $0.autoDeleteMinutes = 1 }
            try await sandbox.stop()
            #expect(await sandbox.due(intervals) == .delete)
            try await sandbox.start()
            await #expect(throws: LocalSandbox.Failure.changeInProgress) {
                try await registry.destroy(sandbox, ifDue: intervals)
            }
            #expect(await sandbox.record.state == .started)
            withExtendedLifetime(request) {}
            await registry.close()
        }
    }

    @Test("a request may say that it does not count as activity")
    func skips() async throws {
        try await DaytonaFixture.with { fixture in
            func lastActivity() async throws -> String? {
                try await fixture.api(.get, "/sandbox/\(fixture.id)").json["lastActivityAt"]?.stringValue
            }
            let before = try await lastActivity()
            var skip = HTTPFields()
            skip.set("x-daytona-skip-last-activity-update", "true")
            repeat {
                _ = try await fixture.send(.get, "\(fixture.toolboxURL)/work-dir", [], skip)
            } while Timestamp().milliseconds == before
            #expect(try await lastActivity() == before)
            _ = try await fixture.toolbox(.get, "/work-dir")
            #expect(try await lastActivity() != before)
        }
    }

    @Test("only a stopped sandbox can be archived")
    func archive() async throws {
        try await DaytonaFixture.with { fixture in
            let path = "/sandbox/\(fixture.id)"
            #expect(try await fixture.api(.post, "\(path)/archive").status == 400)
            _ = try await fixture.api(.post, "\(path)/stop")
            #expect(try await fixture.api(.post, "\(path)/archive").json["state"] == "archived")
            #expect(try await fixture.api(.post, "\(path)/start").json["state"] == "started")
            #expect(try await fixture.api(.post, "/sandbox", "{\"autoStopInterval\":-1}").status == 400)
        }
    }
}
