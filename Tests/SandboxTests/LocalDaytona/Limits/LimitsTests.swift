import BenchmarkProtocol
import Foundation
import TestSupport
import Testing

@testable import BenchmarkSandbox
@testable import BenchmarkTransport

@Suite("Resource limits of a sandbox", .timeLimit(.minutes(10)))
struct LimitsTests {
    /// The mechanism that works on this machine, tried once.
    private static let works = Task {
        let local = try await LocalDaytona.start()
        await local.shutdown()
        return local.limits
    }
    private static let loopWorks = Task {
        try await withTemporaryDirectory { folder in
            await DiskImage.probe(in: folder, loop: EventLoopGroup.shared.next())
        }
    }

    /// Passes a sandbox with one core, 1 GiB of memory and 1 GiB of disk to a closure.
    private func withSandbox(
        _ change: (inout LocalDaytona.Configuration) -> Void = { _ in },
        _ body: @Sendable (DaytonaSandbox, _ folder: String) async throws -> Void
    ) async throws {
        try await withTemporaryDirectory { folder in
            var configuration = LocalDaytona.Configuration()
            configuration.directory = folder
            change(&configuration)
            let local = try await LocalDaytona.start(configuration)
            do {
                let client = try DaytonaClient(local.credentials)
                let resources = Resources(vcpu: 1, memory: 1, disk: 1)
                let request = CreateSandboxRequest(image: "debian:12-slim", resources: resources)
                try await body(try await client.createSandbox(request), folder)
                await local.shutdown()
            } catch {
                await local.shutdown()
                throw error
            }
            // Neither files nor mounts are left.
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [])
            #expect(MountTable.current().points.filter { $0.hasPrefix(folder) } == [])
        }
    }

    /// Returns a command that allocates so many bytes of memory and prints how that ended.
    static func take(_ bytes: Int) -> String {
        "head -c \(bytes) /dev/zero | tail -c \(bytes) >/dev/null; echo ${PIPESTATUS[1]}"
    }

    @Test(
        "a sandbox has no more memory than it asked for, in sessions and in one-shot commands",
        .enabled("needs control groups, or prlimit") { try await works.value != .none }
    )
    func memory() async throws {
        try await withSandbox { sandbox, _ in
            #expect(try await sandbox.run(Self.take(100_000_000)).output == "0\n")
            let alone = try await sandbox.run(Self.take(1_300_000_000)).output
            #expect(alone.hasSuffix("\n") && !alone.hasSuffix("0\n"))
            var output = ""
            for try await text in streamCommand(sandbox, Self.take(1_300_000_000), cwd: "/") { output += text }
            #expect(output.hasSuffix("\n") && !output.hasSuffix("0\n"))
        }
    }

    @Test(
        "a sandbox has no more processes than the maximum",
        .enabled("needs control groups") { [.cgroup1, .cgroup2].contains(try await works.value) }
    )
    func processes() async throws {
        try await withSandbox({ $0.maxProcesses = 20 }) { sandbox, _ in
            let command = "i=0; while [ $i -lt %d ]; do sleep 0.5 & i=$((i+1)); done; wait; echo all"
            let few = try await sandbox.run("sh -c '\(command.replacingOccurrences(of: "%d", with: "5"))'")
            #expect(few.output == "all\n")
            let many = try await sandbox.run("sh -c '\(command.replacingOccurrences(of: "%d", with: "50"))' 2>&1")
            #expect(!many.output.contains("all"))
        }
    }

    @Test("a sandbox has no more disk than it asked for", .enabled("needs loop devices") { try await loopWorks.value })
    func disk() async throws {
        try await withSandbox { sandbox, _ in
            try await sandbox.upload("kept", to: "/workspace/kept")
            let fits = try await sandbox.run("fallocate -l 500M /workspace/a && echo fits")
            #expect(fits.output == "fits\n")
            let full = try await sandbox.run("fallocate -l 600M /workspace/b || echo full")
            #expect(full.output.hasSuffix("full\n"))

            // The files survive a stop.
            try await sandbox.client.stopSandbox(sandbox.id)
            try await sandbox.client.startSandbox(sandbox.id)
            #expect(try await sandbox.download("/workspace/kept") == Array("kept".utf8))
        }
    }

    @Test(
        "a sandbox whose disk is only watched loses its processes and takes no more files while it is over its size",
        arguments: [true, false]
    )
    func quota(_ isIsolated: Bool) async throws {
        try await withTemporaryDirectory { folder in
            let loop = EventLoopGroup.shared.next()
            let wanted = isIsolated ? nil : Isolation.none
            let (kind, _) = try await IsolationProbe.run(wanted, in: "\(folder)/probe", loop: loop)
            let told = Locked<[String]>([])
            var record = SandboxRecord(id: RandomText.uuid())
            record.limits = ResourceLimits(cpu: nil, memory: nil, disk: nil)
            record.limits?.diskBytes = 2_000_000
            let sandbox = LocalSandbox(
                record,
                directory: "\(folder)/1",
                kind: kind,
                grace: .zero,
                limits: SandboxLimits(
                    mechanism: .rlimits,
                    groups: nil,
                    hasDiskImages: false,
                    instance: "none",
                    maxProcesses: 4096
                ),
                log: { line in told.withLock { $0.append(line) } },
                loop: loop
            )
            do {
                try await Self.fill(sandbox)
                #expect(told.withLock { $0.first?.contains("more than its disk may have") } == true)
                await sandbox.destroy()
            } catch {
                await sandbox.destroy()
                throw error
            }
        }
    }

    /// Starts a sandbox that may have 2 MB, writes 3 MB, and checks that a command is killed and an upload refused.
    private static func fill(_ sandbox: LocalSandbox) async throws {
        try await sandbox.start()
        let files = try await sandbox.activeSpace().files
        try files.create("/workspace/big").write([UInt8](repeating: 1, count: 3_000_000), path: "big")
        let outcome = try await sandbox.run("sleep 1000", in: nil, adding: [], timeout: nil)
        // The shell may live long enough to report how its command ended.
        let exitCode = if case .ended(let code, _) = outcome { code } else { 0 }
        #expect([-1, 137].contains(exitCode), "\(outcome)")
        #expect(await sandbox.isOverQuota)
        let upload = APIRequest(
            method: "POST",
            path: "/files/upload-v2",
            segments: ["upload-v2"],
            query: [("path", "/workspace/more")],
            fields: [:],
            body: HTTPRequestBody(connection: nil, exchange: 0)
        )
        let error = await #expect(throws: APIError.self) {
            try await ToolboxFiles().reply(to: upload, about: sandbox)
        }
        #expect(error?.status == 400)
        #expect(error?.message == "no space left on device")
        #expect(throws: FileError(number: ENOENT, path: "/workspace/more")) { try files.info("/workspace/more") }
    }

    @Test("a disk that is only watched can be resized, and a disk image cannot")
    func resizedDisk() async throws {
        try await withTemporaryDirectory { folder in
            let loop = EventLoopGroup.shared.next()
            func sandbox(_ name: String, hasDiskImages: Bool) -> LocalSandbox {
                var record = SandboxRecord(id: RandomText.uuid())
                record.limits = ResourceLimits(cpu: 1, memory: 4, disk: 1)
                let limits = SandboxLimits(
                    mechanism: .rlimits,
                    groups: nil,
                    hasDiskImages: hasDiskImages,
                    instance: "none",
                    maxProcesses: 4096
                )
                let directory = "\(folder)/\(name)"
                return LocalSandbox(record, directory: directory, kind: nil, grace: .zero, limits: limits, loop: loop)
            }
            let larger = ResourceLimits(cpu: 1, memory: 4, disk: 2)
            let image = sandbox("image", hasDiskImages: true)
            await #expect(throws: LocalSandbox.Failure.diskIsFixed) { try await image.limit(to: larger) }
            let watched = sandbox("watched", hasDiskImages: false)
            try await watched.start()
            let files = try await watched.activeSpace().files
            try files.create("/workspace/big").write([UInt8](repeating: 1, count: 3_000_000), path: "big")
            var smaller = larger
            smaller.diskBytes = 2_000_000
            try await watched.limit(to: smaller)
            while await !watched.isOverQuota { await Task.yield() }
            await watched.destroy()
        }
    }

    @Test(
        "a sandbox has the cores it asked for, and others after a resize",
        .enabled("needs control groups") { [.cgroup1, .cgroup2].contains(try await works.value) }
    )
    func cores() async throws {
        try await withSandbox { sandbox, folder in
            // What a process may use is up to the kernel: it must be in the group, and the group must have the limit.
            let instance = try #require(try FileManager.default.contentsOfDirectory(atPath: folder).first)
            let membership = try await sandbox.run("cat /proc/self/cgroup").output
            #expect(membership.contains("/\(instance).1\n"), "\(membership)")
            func quotas() -> Set<String> {
                let folders = SandboxLimits.candidates().compactMap { $0.folders[.cpu] }
                let files = folders.flatMap { ["\($0)/\(instance).1/cpu.max", "\($0)/\(instance).1/cpu.cfs_quota_us"] }
                return Set(
                    files.compactMap { SystemFile.read($0)?.split { $0 == " " || $0 == "\n" }.first }.map(String.init)
                )
            }
            #expect(quotas() == ["100000"])
            let url = sandbox.client.api.appending("/sandbox/\(sandbox.id)/resize")
            _ = try await sandbox.client.call(.post, url, json: ["cpu": 2, "memory": 2])
            #expect(quotas() == ["200000"])
            #expect(try await sandbox.run(Self.take(1_300_000_000)).output == "0\n")
        }
    }

    @Test("a sandbox that asks for no cores at all is refused", arguments: [0, -1])
    func nonsense(_ cpu: Int) async throws {
        let local = try await LocalDaytona.start()
        let client = try DaytonaClient(local.credentials)
        let error = await #expect(throws: SandboxError.self) {
            try await client.call(
                .post,
                client.api.appending("/sandbox"),
                json: ["cpu": .int(cpu), "buildInfo": ["dockerfileContent": "FROM a\n"]]
            )
        }
        #expect(error?.code == .invalidRequest)
        await local.shutdown()
    }
}
