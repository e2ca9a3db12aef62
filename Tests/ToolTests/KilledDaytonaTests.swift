import BenchmarkProtocol
import BenchmarkSandbox
import BenchmarkTransport
import Foundation
import TestSupport
import Testing

@Suite("A local Daytona that is killed")
struct KilledDaytonaTests {
    private static func mounts(below folder: String) throws -> Bool {
        try String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8).contains(folder)
    }

    /// Returns the processes whose arguments contain a text.
    private static func processes(with text: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { name in
            guard Int(name) != nil, let data = FileManager.default.contents(atPath: "/proc/\(name)/cmdline") else {
                return false
            }
            return String(decoding: data, as: UTF8.self).contains(text)
        }
    }

    /// Returns the control groups of all local Daytona servers, wherever they are.
    private static func groups() -> Set<String> {
        let folders = ["", "/memory", "/cpu", "/cpu,cpuacct", "/pids"].map { "/sys/fs/cgroup\($0)" }
        return Set(
            folders.flatMap { (try? FileManager.default.subpathsOfDirectory(atPath: $0)) ?? [] }
                .filter { $0.contains("local-daytona-") && !$0.contains("/cgroup.") && !$0.contains(".procs") }
        )
    }

    @Test("everything that a killed server leaves is removed by the next one", arguments: ["auto", "none"])
    func leavesNothing(_ isolation: String) async throws {
        try await withTemporaryDirectory { folder in
            let arguments = ["--port", "0", "--api-key", "key-of-the-test", "--directory", folder]
            let server = Program(
                path: Program.product("local-daytona"),
                arguments: arguments + ["--isolation", isolation],
            )
            // A duration that no other process sleeps for.
            let sleep = "\(Int.random(in: 100_000_000...999_999_999))"
            _ = try await server.serve(isStoppedByBody: true) { url, process in
                let client = try DaytonaClient(
                    DaytonaCredentials(apiKey: "key-of-the-test", apiURL: url, target: "local")
                )
                let resources = Resources(vcpu: 1, memory: 1, disk: 1)
                let request = CreateSandboxRequest(image: "debian:12-slim", resources: resources)
                let sandbox = try await client.createSandbox(request)
                let started = try await sandbox.run("setsid sleep \(sleep) >/dev/null 2>&1 & echo started")
                #expect(started.output == "started\n")
                kill(process, SIGKILL)
            }
            let left = try FileManager.default.contentsOfDirectory(atPath: folder)
            let name = try #require(left.first { $0.hasPrefix("local-daytona-") })
            _ = try await server.serve { _ in
                let now = try FileManager.default.contentsOfDirectory(atPath: folder)
                #expect(now.contains(name) == false)
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [])
            #expect(try Self.mounts(below: folder) == false)
            #expect(try Self.processes(with: "sleep\0\(sleep)") == [])
            #expect(Self.groups().filter { $0.contains(name) } == [])
        }
    }
}
