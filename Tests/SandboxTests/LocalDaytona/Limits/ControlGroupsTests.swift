import BenchmarkTransport
import Foundation
import TestSupport
import Testing

@testable import BenchmarkSandbox

@Suite("Control groups, read from the kernel's files")
struct ControlGroupsTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let mounts: [String]
        let membership: [String]
        /// The mechanism and the folder of the memory controller.
        let found: [String]
        var testDescription: String { name }
    }

    static let cases = [
        Case(
            name: "a session of systemd",
            mounts: ["30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate"],
            membership: ["0::/user.slice/user@7.service/app.slice/a.scope"],
            found: [
                "cgroup2 /sys/fs/cgroup/user.slice/user@7.service/app.slice/a.scope",
                "cgroup2 /sys/fs/cgroup/user.slice/user@7.service/app.slice",
                "cgroup2 /sys/fs/cgroup/user.slice/user@7.service", "cgroup2 /sys/fs/cgroup/user.slice",
                "cgroup2 /sys/fs/cgroup",
            ]
        ),
        Case(
            name: "a container with a namespace of its own",
            mounts: ["30 23 0:26 / /sys/fs/cgroup ro - cgroup2 cgroup rw"],
            membership: ["0::/"],
            found: ["cgroup2 /sys/fs/cgroup"]
        ),
        Case(
            name: "hierarchies one by one, in a container that sees its part of them",
            mounts: [
                "31 30 0:27 /docker/x /sys/fs/cgroup/memory rw - cgroup memory rw,memory",
                "32 30 0:28 /docker/x /sys/fs/cgroup/cpu,cpuacct rw - cgroup cpu rw,cpu,cpuacct",
                "33 30 0:29 / /sys/fs/cgroup/pids rw - cgroup pids rw,pids",
            ],
            membership: ["3:memory:/docker/x/y", "4:cpu,cpuacct:/docker/x", "5:pids:/docker/x"],
            found: ["cgroup1 /sys/fs/cgroup/memory/y"]
        ),
        Case(
            name: "nothing",
            mounts: ["29 1 8:1 / / rw - ext4 /dev/sda1 rw", "nonsense"],
            membership: ["x"],
            found: []
        ),
    ]

    @Test("the places where groups can be made are found", arguments: cases)
    func candidates(_ example: Case) {
        let found = ControlGroups.candidates(
            mounts: example.mounts.joined(separator: "\n"),
            membership: example.membership.joined(separator: "\n")
        )
        #expect(found.map { "\($0.mechanism.rawValue) \($0.folders[.memory] ?? "-")" } == example.found)
    }

    private static func values(_ files: [String], below folder: String) throws -> [String: String] {
        var values: [String: String] = [:]
        for file in files {
            values[file] = String(
                decoding: try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(file)")),
                as: UTF8.self
            )
        }
        return values
    }

    /// Calls `body` with a folder that has a group `g` with these files.
    private func withGroup(
        _ files: [String],
        _ body: (_ folder: String) async throws -> Void
    ) async throws {
        try await withTemporaryDirectory { folder in
            try FileManager.default.createDirectory(atPath: "\(folder)/g", withIntermediateDirectories: true)
            for file in files { try Data().write(to: URL(fileURLWithPath: "\(folder)/g/\(file)")) }
            try await body(folder)
        }
    }

    @Test("a sandbox's limits are written in the unified hierarchy")
    func unified() async throws {
        let files = ["memory.max", "memory.swap.max", "cpu.max", "pids.max"]
        try await withGroup(files) { folder in
            let groups = ControlGroups(mechanism: .cgroup2, folders: [.memory: folder, .cpu: folder, .pids: folder])
            var limits = ResourceLimits(cpu: 2, memory: 3, disk: 4)
            limits.processes = 50
            let group = try ControlGroup.make("g", in: groups, limits)
            #expect(
                try Self.values(files, below: "\(folder)/g") == [
                    "memory.max": "3221225472", "memory.swap.max": "0", "cpu.max": "200000 100000", "pids.max": "50",
                ]
            )
            for file in files { try Data().write(to: URL(fileURLWithPath: "\(folder)/g/\(file)")) }
            try group.set(ResourceLimits(cpu: nil, memory: nil, disk: nil))
            #expect(
                try Self.values(files, below: "\(folder)/g") == [
                    "memory.max": "max", "memory.swap.max": "max", "cpu.max": "max 100000", "pids.max": "max",
                ]
            )
            // No machine has as much, but nothing overflows.
            for file in files { try Data().write(to: URL(fileURLWithPath: "\(folder)/g/\(file)")) }
            try group.set(ResourceLimits(cpu: .max, memory: .max, disk: .max))
            let most = try Self.values(["cpu.max", "memory.max"], below: "\(folder)/g")
            #expect(most == ["cpu.max": "819200000 100000", "memory.max": "\(Int.max)"])
        }
    }

    @Test("a sandbox's limits are written in separate hierarchies")
    func separate() async throws {
        let files = ["memory.limit_in_bytes", "memory.memsw.limit_in_bytes", "cpu.cfs_quota_us", "pids.max"]
        try await withGroup(files) { folder in
            let groups = ControlGroups(mechanism: .cgroup1, folders: [.memory: folder, .cpu: folder, .pids: folder])
            var limits = ResourceLimits(cpu: 1, memory: 1, disk: nil)
            limits.processes = 7
            _ = try ControlGroup.make("g", in: groups, limits)
            #expect(
                try Self.values(files, below: "\(folder)/g") == [
                    "memory.limit_in_bytes": "1073741824", "memory.memsw.limit_in_bytes": "1073741824",
                    "cpu.cfs_quota_us": "100000", "pids.max": "7",
                ]
            )
        }
    }

    @Test("a limit that is refused is an error that names the file")
    func refused() async throws {
        try await withGroup(["memory.max"]) { folder in
            let groups = ControlGroups(mechanism: .cgroup2, folders: [.memory: folder, .pids: folder])
            let error = #expect(throws: SandboxError.self) {
                try ControlGroup.make("g", in: groups, ResourceLimits(cpu: 1, memory: 1, disk: 1))
            }
            #expect(error?.message.contains("\(folder)/g/pids.max") == true)
        }
    }

    @Test("a group whose limits are refused is removed")
    func refusedGroup() async throws {
        try await withTemporaryDirectory { folder in
            let groups = ControlGroups(mechanism: .cgroup1, folders: [.memory: folder])
            #expect(throws: SandboxError.self) {
                try ControlGroup.make("g", in: groups, ResourceLimits(cpu: nil, memory: 1, disk: nil))
            }
            let names = try FileManager.default.contentsOfDirectory(atPath: folder)
            #expect(names == [])
        }
    }

    @Test("the groups of a server that no longer runs are removed, and no others")
    func leftovers() async throws {
        try await withTemporaryDirectory { folder in
            for name in ["a.1", "a.2", "ab.1"] {
                try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
            }
            let groups = ControlGroups(mechanism: .cgroup1, folders: [.memory: folder])
            await SandboxLimits.remove(of: "a", in: [groups], on: EventLoopGroup.shared.next())
            let names = try FileManager.default.contentsOfDirectory(atPath: folder)
            #expect(names == ["ab.1"])
        }
    }

    @Test("a program is in its groups before it starts, or does not start")
    func entrance() async throws {
        try await withGroup(["cgroup.procs"]) { folder in
            let groups = ControlGroups(mechanism: .cgroup1, folders: [.memory: folder])
            let entrance = ControlGroup("g", in: groups).entrance
            let command = entrance + ["/bin/cat", "\(folder)/g/cgroup.procs"]
            let inside = try await TestSupport.Program(path: command[0], arguments: Array(command[1...])).run()
            #expect(inside.output == "0\n" && inside.exitCode == 0)

            let elsewhere = ControlGroup("nowhere", in: groups).entrance + ["/bin/echo", "begun"]
            let outside = try await TestSupport.Program(path: elsewhere[0], arguments: Array(elsewhere[1...])).run()
            #expect(outside.output == "" && outside.exitCode == 125)
        }
    }
}
