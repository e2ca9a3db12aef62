import BenchmarkTransport
import CLinux
import Glibc

/// The control group of one sandbox, in one hierarchy or in several.
struct ControlGroup: Sendable {
    private let groups: ControlGroups
    /// The group's folder in each hierarchy.
    let paths: [String]
    private let name: String

    /// The period over which CPU time is measured, in microseconds; the kernel's default.
    private static let period = 100_000
    /// The number of cores that the kernel supports, which is as good as no limit and keeps the quota within its range.
    private static let maxCores = 8192

    /// Creates the group, with limits.
    static func make(_ name: String, in groups: ControlGroups, _ limits: ResourceLimits) throws(SandboxError)
        -> ControlGroup
    {
        let group = ControlGroup(name, in: groups)
        do throws(SandboxError) {
            for path in group.paths {
                guard mkdir(path, 0o755) == 0 || clinux_errno() == EEXIST else {
                    throw SandboxError.lastError("cannot make the control group '\(path)'")
                }
            }
            try group.set(limits)
        } catch {
            // Nothing runs in it yet.
            for path in group.paths { rmdir(path) }
            throw error
        }
        return group
    }

    /// Refers to a group that may exist.
    init(_ name: String, in groups: ControlGroups) {
        (self.name, self.groups) = (name, groups)
        paths = Set(groups.folders.values).sorted().map { "\($0)/\(name)" }
    }

    /// Changes the limits, including those of running processes.
    func set(_ limits: ResourceLimits) throws(SandboxError) {
        for (controller, folder) in groups.folders {
            for (file, value, isNeeded) in settings(of: controller, limits) {
                let path = "\(folder)/\(name)/\(file)"
                if !Self.write(value, to: path), isNeeded { throw .lastError("cannot write '\(value)' to '\(path)'") }
            }
        }
    }

    /// Returns the files of a controller and the values to write to them; some do not exist on every machine.
    private func settings(
        of controller: ControlGroups.Controller,
        _ limits: ResourceLimits
    ) -> [(file: String, value: String, isNeeded: Bool)] {
        let isUnified = groups.mechanism == .cgroup2
        func text(_ number: Int?, none: String) -> String { number.map(String.init) ?? none }
        func quota(_ cores: Int?) -> Int? { cores.map { min($0, Self.maxCores) * Self.period } }
        switch controller {
        case .memory where isUnified:
            return [
                ("memory.max", text(limits.memoryBytes, none: "max"), true),
                ("memory.swap.max", limits.memoryBytes == nil ? "max" : "0", false),
            ]
        case .memory:
            let value = text(limits.memoryBytes, none: "-1")
            // Raising and lowering the limits take opposite orders of the two files, and this sequence contains both.
            return [
                ("memory.limit_in_bytes", value, false), ("memory.memsw.limit_in_bytes", value, false),
                ("memory.limit_in_bytes", value, true),
            ]
        case .cpu where isUnified:
            return [("cpu.max", "\(text(quota(limits.cores), none: "max")) \(Self.period)", true)]
        case .cpu:
            return [
                ("cpu.cfs_period_us", "\(Self.period)", false),
                ("cpu.cfs_quota_us", text(quota(limits.cores), none: "-1"), true),
            ]
        case .pids: return [("pids.max", text(limits.processes, none: "max"), true)]
        }
    }

    /// The arguments put before those of a program to start it in the group.
    var entrance: [String] {
        let script = #"while [ "$1" != -- ]; do echo 0 >"$1" || exit 125; shift; done; shift; exec "$@""#
        return ["/bin/sh", "-c", script, "sh"] + paths.map { "\($0)/cgroup.procs" } + ["--"]
    }

    /// Kills everything in the group, and removes it.
    nonisolated(nonsending) func remove(on loop: EventLoop) async {
        for _ in 0..<200 {
            var isGone = true
            for path in paths {
                _ = Self.write("1", to: "\(path)/cgroup.kill")
                for line in (SystemFile.read("\(path)/cgroup.procs") ?? "").split(separator: "\n") {
                    // 0 is a process that this one cannot see; -1 would kill everything.
                    if let process = pid_t(line), process > 1 { kill(process, SIGKILL) }
                }
                if rmdir(path) != 0, clinux_errno() != ENOENT { isGone = false }
            }
            if isGone { return }
            // A killed process is not gone at once.
            try? await loop.sleep(for: .milliseconds(10))
        }
    }

    /// Writes a value to an existing file; returns `false` if that is refused.
    static func write(_ value: String, to path: String) -> Bool {
        guard let file = try? Descriptor.open(path, O_WRONLY) else { return false }
        let bytes = Array(value.utf8)
        return Glibc.write(file.number, bytes, bytes.count) == bytes.count
    }
}
