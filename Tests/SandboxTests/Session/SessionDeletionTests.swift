import BenchmarkTransport
import Testing

@testable import BenchmarkSandbox

@Suite("Deleting a command's session", .timeLimit(.minutes(5)))
struct SessionDeletionTests {
    @Test("a deletion that the server refuses for a while is retried", arguments: [503, 500, 401, 403])
    func stubborn(_ status: Int) async throws {
        try await withCommandSandbox { sandbox, local in
            var refusal = Fault(.status, status)
            (refusal.method, refusal.times) = ("DELETE", 8)
            local.setFaults(FaultPlan([refusal]))
            for try await _ in streamCommand(sandbox, "true", cwd: "/") {}
            #expect(local.faultStrikes.map(\.count) == [8])
            let left = try await sandbox.sessionCount()
            #expect(left == 0)
        }
    }

    @Test("a second start waits for the deletion, because without it the first one might still happen")
    func unconfirmed() async throws {
        try await withCommandSandbox { sandbox, local in
            // The command does not start, and the session stays.
            var (lost, refusal) = (Fault(.status, 502), Fault(.status, 400))
            (lost.method, lost.route) = ("POST", "process/session/")
            refusal.method = "DELETE"
            local.setFaults(FaultPlan([lost, refusal]))
            let error = await #expect(throws: SandboxError.self) {
                for try await _ in streamCommand(sandbox, "true", cwd: "/") {}
            }
            #expect(error?.code == .unavailable)
            #expect(error?.message.contains("its session could not be deleted") == true)
            #expect(local.faultStrikes.map(\.count) == [1, 1])
        }
    }

    @Test("a session that was never created is not deleted", arguments: [401, 403, 404, 400])
    func neverCreated(_ status: Int) async throws {
        try await withCommandSandbox { sandbox, local in
            var (refusal, deletion) = (Fault(.status, status), Fault(.status, 503))
            (refusal.method, refusal.route) = ("POST", "process/session")
            deletion.method = "DELETE"
            local.setFaults(FaultPlan([refusal, deletion]))
            var times = CommandTimes()
            times.refusalPatience = .zero
            let impatient = sandbox.with(commandTimes: times)
            let error = await #expect(throws: SandboxError.self) {
                for try await _ in streamCommand(impatient, "true", cwd: "/") {}
            }
            #expect(error?.status == status)
            #expect(local.faultStrikes.map(\.count) == [1, 0])
        }
    }

    // MARK: Patience

    private static func seconds(_ count: Double) -> LoopInstant { LoopInstant(count * 1_000_000_000) }

    private static func schedule() -> SessionDeletion.Schedule {
        SessionDeletion.Schedule(
            firstPause: .seconds(1),
            refusalPatience: CommandTimes().refusalPatience,
            now: 0
        )
    }

    @Test("the pauses that the server asks for, up to a minute each, are kept and do not count, but not without limit")
    func asked() {
        var schedule = Self.schedule()
        let minute = SandboxError(.rateLimited, "", retryAfter: .seconds(45))
        #expect(schedule.pause(after: minute, now: 0, jitter: 0) == .seconds(45))
        // The time limit starts after the pause.
        let gone = SandboxError(.unavailable, "")
        #expect(schedule.pause(after: gone, now: Self.seconds(46), jitter: 0) == .seconds(2))
        #expect(schedule.pause(after: gone, now: Self.seconds(76), jitter: 0) == nil)

        schedule = Self.schedule()
        let hour = SandboxError(.rateLimited, "", retryAfter: .seconds(3600))
        #expect(schedule.pause(after: hour, now: 0, jitter: 0) == .seconds(60))
        #expect(schedule.pause(after: hour, now: Self.seconds(60), jitter: 0) == .seconds(60))
        #expect(schedule.pause(after: hour, now: Self.seconds(120), jitter: 0) == nil)
    }

    @Test("a refusal is believed once it has lasted longer than proxies cache a false one")
    func refusals() {
        var schedule = Self.schedule()
        let refusal = SandboxError(.unauthorized, "")
        #expect(schedule.pause(after: refusal, now: 0, jitter: 0) == .seconds(1))
        #expect(schedule.pause(after: refusal, now: Self.seconds(6), jitter: 0) == .seconds(2))
        #expect(schedule.pause(after: refusal, now: Self.seconds(10), jitter: 0) == nil)
        // A proxy that answers differently in between has not refused all the time.
        schedule = Self.schedule()
        #expect(schedule.pause(after: refusal, now: 0, jitter: 0) != nil)
        #expect(schedule.pause(after: SandboxError(.unavailable, ""), now: Self.seconds(5), jitter: 0) != nil)
        #expect(schedule.pause(after: refusal, now: Self.seconds(11), jitter: 0) != nil)
        // A request that is invalid now always will be.
        #expect(schedule.pause(after: SandboxError(.invalidRequest, ""), now: 0, jitter: 0) == nil)
    }
}
