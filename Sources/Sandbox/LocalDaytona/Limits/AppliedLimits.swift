import BenchmarkTransport

/// The limits of one sandbox while it is started: a control group or rlimits, and a look now and then at what these do
/// not hold.
///
/// Belongs to the actor of its sandbox.
final class AppliedLimits {
    private let limits: SandboxLimits
    private let group: ControlGroup?
    private var asked: ResourceLimits
    private var diskQuota: Quota?
    /// Makes it, for a sandbox whose disk may get a size while it runs.
    private var makeDiskQuota: ((_ byteCount: Int) -> Quota)?
    private var processQuota: Quota?

    /// - Parameter number: what tells the sandbox from others of the server.
    init(_ asked: ResourceLimits, _ limits: SandboxLimits, number: String) throws(SandboxError) {
        var asked = asked
        asked.processes = limits.maxProcesses
        (self.asked, self.limits) = (asked, limits)
        group =
            if let groups = limits.groups {
                try ControlGroup.make("\(limits.instance).\(number)", in: groups, asked)
            } else { nil }
    }

    /// The beginning of the arguments that start a program within the limits; empty for none.
    var entrance: [String] {
        if let group { return group.entrance }
        guard limits.mechanism == .rlimits, let program = Spawn.find("prlimit") else { return [] }
        let memory = asked.memoryBytes.map { ["--as=\($0)"] } ?? []
        let processes = SandboxLimits.countsProcesses ? asked.processes.map { ["--nproc=\($0)"] } ?? [] : []
        return [program] + memory + processes + ["--"]
    }

    /// Whether more is on the disk than may be.
    var isOverDisk: Bool { diskQuota?.isExceeded ?? false }

    /// Other limits from now on: of what runs, where there is a control group, else of what is started with a new
    /// ``entrance``.
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

    /// Begins to look at what nothing else holds.
    ///
    /// - Parameters:
    ///   - root: the folder with the sandbox's files.
    ///   - exceeded: is told what there is too much of, again and again while that is so.
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

    /// Ends them, with what still runs within.
    nonisolated(nonsending) func end(on loop: EventLoop) async {
        for quota in [diskQuota, processQuota] { quota?.stop() }
        await group?.remove(on: loop)
    }
}
