import BenchmarkTransport
import CLinux
import Glibc

/// How one server limits its sandboxes.
struct SandboxLimits: Sendable {
    /// How processes are limited.
    let mechanism: LimitMechanism
    /// Where control groups are made; nil for none.
    let groups: ControlGroups?
    /// Whether disks are images; else their use is looked at now and then.
    let hasDiskImages: Bool
    /// What the names of this server's control groups begin with.
    let instance: String
    /// How many processes a limited sandbox may have.
    let maxProcesses: Int

    /// How often the use of a disk is looked at where nothing else limits it.
    static let diskInterval = Duration.seconds(2)
    /// How often processes are counted where no control group does.
    static let processInterval = Duration.milliseconds(500)

    /// Nothing is limited.
    static let none = SandboxLimits(
        mechanism: .none,
        groups: nil,
        hasDiskImages: false,
        instance: "",
        maxProcesses: .max
    )

    /// Finds out what works here.
    ///
    /// - Parameters:
    ///   - wanted: nil for the best there is.
    ///   - instance: the server's own directory.
    /// - Throws: ``SandboxError`` with code `.invalidConfiguration` if what is wanted does not work.
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

    /// Whether the kernel holds this user to a number of processes.
    static var countsProcesses: Bool { geteuid() != 0 }

    /// What is in force, for people.
    var description: String {
        let processes: String
        switch mechanism {
        case .none: return "limits: none; resources are recorded only"
        case .rlimits:
            // The kernel counts a user's processes, but not those of root.
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

    /// Removes the control groups of one server that no longer runs, with what is in them.
    ///
    /// - Parameter name: that of its directory.
    nonisolated(nonsending) static func remove(
        of name: String,
        in candidates: [ControlGroups] = candidates(),
        on loop: EventLoop
    ) async {
        for groups in candidates {
            for group in groups.names(withPrefix: "\(name).") { await ControlGroup(group, in: groups).remove(on: loop) }
        }
    }

    /// Removes the control groups of servers that no longer run and have no directory any more.
    ///
    /// - Parameter parent: where the directories of servers are.
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
