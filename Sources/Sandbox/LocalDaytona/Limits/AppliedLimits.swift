import BenchmarkTransport

/// The limits of one sandbox while it is started: a control group or rlimits, and periodic checks of whatever these do
/// not limit.
///
/// Confined to its sandbox's actor.
final class AppliedLimits {
    private let limits: SandboxLimits
    private let group: ControlGroup?
    private var asked: ResourceLimits
    private var diskQuota: Quota?
    /// Creates the disk quota of a sandbox whose disk may get a limit while it runs.
    private var makeDiskQuota: ((_ byteCount: Int) -> Quota)?
    private var processQuota: Quota?

    /// - Parameter number: distinguishes the sandbox from the server's others.
    init(_ asked: ResourceLimits, _ limits: SandboxLimits, number: String) throws(SandboxError) {
        var asked = asked
        asked.processes = limits.maxProcesses
        (self.asked, self.limits) = (asked, limits)
        group =
            if let groups = limits.groups {
                try ControlGroup.make("\(limits.instance).\(number)", in: groups, asked)
            } else { nil }
    }

    /// The arguments put before those of a program to start it within the limits; empty if there are none.
    var entrance: [String] {
        if let group { return group.entrance }
        guard limits.mechanism == .rlimits, let program = Spawn.find("prlimit") else { return [] }
        let memory = asked.memoryBytes.map { ["--as=\($0)"] } ?? []
        let processes = SandboxLimits.countsProcesses ? asked.processes.map { ["--nproc=\($0)"] } ?? [] : []
        return [program] + memory + processes + ["--"]
    }

    /// Whether the files exceed the disk limit.
    var isOverDisk: Bool { diskQuota?.isExceeded ?? false }

    /// Changes the limits: of running processes where there is a control group, otherwise only of those started with a
    /// new ``entrance``.
    func change(to asked: ResourceLimits) throws(SandboxError) {
        self.asked = asked
        self.asked.processes = limits.maxProcesses
        try group?.set(self.asked)
        limitDisk()
    }

    private func limitDisk() {
        guard let byteCount = asked.diskBytes else { return }
        if let diskQuota { diskQuota.change(to: byteCount) } else { diskQuota = makeDiskQuota?(byteCount) }
    }

    /// Starts checking whatever nothing else limits.
    ///
    /// - Parameters:
    ///   - root: the folder with the sandbox's files.
    ///   - exceeded: called with a description at every check that finds a limit exceeded.
    func watch(
        _ space: SandboxSpace,
        root: String,
        on loop: EventLoop,
        exceeded: @escaping @Sendable (String) async -> Void
    ) {
        if !limits.hasDiskImages {
            makeDiskQuota = { byteCount in
                Quota(byteCount, every: SandboxLimits.diskInterval, on: loop) {
                    await Quota.diskUse(of: root, loop)
                } exceeded: {
                    await exceeded("\($0) bytes are more than its disk may have")
                }
            }
            limitDisk()
        }
        if limits.mechanism == .rlimits, let count = asked.processes {
            processQuota = Quota(count, every: SandboxLimits.processInterval, on: loop) { [weak space] in
                await space?.processCount()
            } exceeded: {
                await exceeded("\($0) processes are more than it may have")
            }
        }
    }

    /// Ends the limits, and kills whatever still runs in the control group.
    nonisolated(nonsending) func end(on loop: EventLoop) async {
        for quota in [diskQuota, processQuota] { quota?.stop() }
        await group?.remove(on: loop)
    }
}
