import BenchmarkProtocol
import BenchmarkTransport
import Glibc
import TestSupport
import Testing

@testable import BenchmarkSandbox

@Suite("A sandbox whose processes are limited individually", .timeLimit(.minutes(10)))
struct RlimitsTests {
    /// Passes a sandbox with 1 GiB of memory, and the log of its server, to a closure.
    private static func with(
        _ isolation: Isolation,
        maxProcesses: Int = 4096,
        _ body: @Sendable (DaytonaSandbox, _ told: Locked<[String]>) async throws -> Void
    ) async throws {
        try await withTemporaryDirectory { folder in
            let told = Locked<[String]>([])
            var configuration = LocalDaytona.Configuration()
            (configuration.directory, configuration.isolation) = (folder, isolation)
            (configuration.limits, configuration.maxProcesses) = (.rlimits, maxProcesses)
            configuration.log = { line in told.withLock { $0.append(line) } }
            let local = try await LocalDaytona.start(configuration)
            do {
                let client = try DaytonaClient(local.credentials)
                let resources = Resources(vcpu: 1, memory: 1, disk: 1)
                let request = CreateSandboxRequest(image: "debian:12-slim", resources: resources)
                try await body(try await client.createSandbox(request), told)
                await local.shutdown()
            } catch {
                await local.shutdown()
                throw error
            }
        }
    }

    @Test("the server says at its start what is limited and what is not")
    func tells() async throws {
        try await Self.with(.none) { _, told in
            let line = told.withLock { $0.first { $0.hasPrefix("limits of sandboxes") } ?? "" }
            #expect(line.contains("memory of each process"))
            #expect(line.contains("a look at how many processes there are every 0.5 seconds"), "\(line)")
            #expect(line.contains("cores are not limited"))
        }
    }

    @Test("a process has no more memory than the sandbox asked for", arguments: [Isolation.none, .namespaces])
    func memory(_ isolation: Isolation) async throws {
        try await Self.with(isolation) { sandbox, _ in
            #expect(try await sandbox.run(LimitsTests.take(100_000_000)).output == "0\n")
            let tooMuch = try await sandbox.run(LimitsTests.take(1_300_000_000)).output
            #expect(tooMuch.hasSuffix("\n") && !tooMuch.hasSuffix("0\n"))
        }
    }

    @Test("processes started after a resize have more memory")
    func resized() async throws {
        try await Self.with(.none) { sandbox, _ in
            let url = sandbox.client.api.appending("/sandbox/\(sandbox.id)/resize")
            _ = try await sandbox.client.call(.post, url, json: ["memory": 2])
            #expect(try await sandbox.run(LimitsTests.take(1_300_000_000)).output == "0\n")
        }
    }

    @Test("a sandbox with too many processes loses them", arguments: [Isolation.none, .namespaces])
    func processes(_ isolation: Isolation) async throws {
        let mark = "6\(Int.random(in: 1_000_000...9_999_999))"
        try await Self.with(isolation, maxProcesses: 1000) { sandbox, told in
            let few = try await sandbox.run("sleep 0.6 & sleep 0.6 & wait; echo all")
            #expect(few.output == "all\n")
            #expect(told.withLock { !$0.contains { $0.contains("processes are more than") } })
        }
        try await Self.with(isolation, maxProcesses: 20) { sandbox, told in
            // Where the kernel counts processes, it refuses more; elsewhere they are found and killed.
            if geteuid() == 0 {
                let many = "i=0; while [ $i -lt 30 ]; do sleep \(mark) & i=$((i+1)); done; wait; echo all"
                let killed = try await sandbox.run("sh -c '\(many)' 2>&1")
                #expect([-1, 137].contains(killed.exitCode), "\(killed)")
                #expect(told.withLock { $0.contains { $0.contains("processes are more than") } })
                await until { Processes.count(withArgument: mark) == 0 }
            } else {
                #expect(try await sandbox.run("ulimit -u").output == "20\n")
            }
            let after = try await sandbox.run("echo goes on")
            #expect(after.output == "goes on\n")
        }
    }
}
