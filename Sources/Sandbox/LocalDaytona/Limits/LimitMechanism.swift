/// How a ``LocalDaytona`` limits the processes of a sandbox to the resources that were requested.
public enum LimitMechanism: String, Sendable, Hashable, CaseIterable {
    /// A control group of the unified hierarchy limits the cores, memory and processes of the whole sandbox.
    case cgroup2
    /// Control groups of the hierarchies `memory`, `cpu` and `pids` limit the same.
    case cgroup1
    /// `setrlimit` limits the memory of each process, and the number of the user's processes unless that is root.
    ///
    /// In addition, the processes of a sandbox are counted periodically, and killed if there are too many.
    ///
    /// Cores are not limited: `RLIMIT_CPU` ends a process after an amount of CPU time, however few cores it used.
    case rlimits
    /// Nothing is limited.
    case none
}

/// The resources that a sandbox may use; `nil` means no limit.
struct ResourceLimits: Sendable, Hashable {
    var cores: Int?
    var memoryBytes: Int?
    var diskBytes: Int?
    var processes: Int?

    private static let gibibyte = 1 << 30

    /// Creates the limits of a request that names resources: cores, and memory and disk in GiB.
    init(cpu: Int?, memory: Int?, disk: Int?) {
        func bytes(_ count: Int?) -> Int? {
            count.map { $0.multipliedReportingOverflow(by: Self.gibibyte) }.map {
                $0.overflow ? Int.max : $0.partialValue
            }
        }
        (cores, memoryBytes, diskBytes) = (cpu, bytes(memory), bytes(disk))
    }
}
