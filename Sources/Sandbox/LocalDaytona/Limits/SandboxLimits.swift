import BenchmarkTransport
import CLinux
import Glibc

/// How one server limits its sandboxes.
struct SandboxLimits: Sendable {
    /// How processes are limited.
    let mechanism: LimitMechanism
    /// Where control groups are created; `nil` for none.
    let groups: ControlGroups?
    /// Whether disks are images; otherwise, their use is checked periodically.
    let hasDiskImages: Bool
    /// The prefix of the names of this server's control groups.
    let instance: String
    /// The maximum number of processes in a limited sandbox.
    let maxProcesses: Int

    /// How often disk use is checked where nothing else limits it.
    static let diskInterval = Duration.seconds(2)
    /// How often processes are counted where no control group limits them.
    static let processInterval = Duration.milliseconds(500)

    /// No limits.
    static let none = SandboxLimits(
        mechanism: .none,
        groups: nil,
        hasDiskImages: false,
        instance: "",
        maxProcesses: .max
    )

    /// Finds out which limits work on this machine.
    ///
    /// - Parameters:
    ///   - wanted: the requested mechanism; `nil` for the best that works.
    ///   - instance: the server's own directory.
    /// - Throws: ``SandboxError`` with code `.invalidConfiguration` if the requested mechanism, or every one, does not
    ///   work.
    nonisolated(nonsending) static func probe(
        _ wanted: LimitMechanism?,
        instance: String,
        maxProcesses: Int,
        loop: EventLoop
    ) async throws -> SandboxLimits {
        let name = String(RootedFiles.split(instance).name)
        func limits(_ mechanism: LimitMechanism, _ groups: ControlGroups?, disk: Bool) -> SandboxLimits {
            SandboxLimits(
                mechanism: mechanism,
                groups: groups,
                hasDiskImages: disk,
                instance: name,
                maxProcesses: maxProcesses
            )
        }
        if wanted == LimitMechanism.none { return .none }
        let disk = await DiskImage.probe(in: instance, loop: loop)
        for candidate in candidates() where wanted == nil || candidate.mechanism == wanted {
            if let groups = candidate.usable(name: "\(name).probe") {
                return limits(groups.mechanism, groups, disk: disk)
            }
        }
        guard wanted == nil || wanted == .rlimits, Spawn.find("prlimit") != nil else {
            let what = wanted ?? .rlimits
            throw SandboxError(.invalidConfiguration, "limits by \(what.rawValue) do not work on this machine")
        }
        return limits(.rlimits, nil, disk: disk)
    }

    static func candidates() -> [ControlGroups] {
        ControlGroups.candidates(
            mounts: SystemFile.read("/proc/self/mountinfo") ?? "",
            membership: SystemFile.read("/proc/self/cgroup") ?? ""
        )
    }

    /// Whether the kernel limits the number of this user's processes.
    static var countsProcesses: Bool { geteuid() != 0 }

    /// The limits in force, as text for people.
    var description: String {
        let processes: String
        switch mechanism {
        case .none: return "limits: none; resources are recorded only"
        case .rlimits:
            // The kernel limits the number of a user's processes, but not of root's.
            let number = Self.countsProcesses ? ", number of this user's processes" : ""
            processes =
                "rlimits (memory of each process\(number)) and a look at how many processes there are every "
                + "\(Self.processInterval); cores are not limited"
        case .cgroup1, .cgroup2:
            let missing = groups?.missing.map(\.rawValue).joined(separator: ", ") ?? ""
            let version = mechanism == .cgroup2 ? "v2" : "v1"
            processes = "cgroup \(version)" + (missing.isEmpty ? "" : " (without \(missing))")
        }
        let disk = hasDiskImages ? "images" : "a look every \(Self.diskInterval)"
        return "limits of sandboxes that ask for resources: processes by \(processes); disk by \(disk)"
    }

    /// Removes the control groups of one server that no longer runs, and kills whatever runs in them.
    ///
    /// - Parameter name: the name of the server's directory.
    nonisolated(nonsending) static func remove(
        of name: String,
        in candidates: [ControlGroups] = candidates(),
        on loop: EventLoop
    ) async {
        for groups in candidates {
            for group in groups.names(withPrefix: "\(name).") { await ControlGroup(group, in: groups).remove(on: loop) }
        }
    }

    /// Removes the control groups of servers that no longer run and whose directories are gone.
    ///
    /// - Parameter parent: the directory that contains the servers' directories.
    nonisolated(nonsending) static func removeStale(prefix: String, parent: String, on loop: EventLoop) async {
        for groups in candidates() {
            for name in groups.names(withPrefix: prefix) {
                // `<prefix><process>-<random>.<sandbox>`
                let instance = name.prefix { $0 != "." }
                guard let process = pid_t(instance.dropFirst(prefix.utf8.count).prefix { $0 != "-" }),
                    kill(process, 0) != 0, clinux_errno() == ESRCH, access("\(parent)/\(instance)", F_OK) != 0
                else { continue }
                await ControlGroup(name, in: groups).remove(on: loop)
            }
        }
    }
}
