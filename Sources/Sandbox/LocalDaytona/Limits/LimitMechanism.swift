/// How a ``LocalDaytona`` holds the processes of a sandbox to the resources that were asked for.
public enum LimitMechanism: String, Sendable, Hashable, CaseIterable {
    /// A control group of the unified hierarchy: cores, memory and number of processes of the whole sandbox.
    case cgroup2
    /// Control groups of the hierarchies `memory`, `cpu` and `pids`: the same.
    case cgroup1
    /// `setrlimit`: memory of each process, and number of processes of the user, unless that is root; beside it the
    /// processes of a sandbox are counted now and then, and killed when there are too many.
    ///
    /// Cores are not limited: `RLIMIT_CPU` ends a process after so much time, on however few cores it was spent.
    case rlimits
    /// Nothing is limited.
    case none
}

/// What a sandbox may use; what is nil is not limited.
struct ResourceLimits: Sendable, Hashable {
    var cores: Int?
    var memoryBytes: Int?
    var diskBytes: Int?
    var processes: Int?

    private static let gibibyte = 1 << 30

    /// The limits of a request that names resources: cores, and memory and disk in GiB.
    init(cpu: Int?, memory: Int?, disk: Int?) {
        func bytes(_ count: Int?) -> Int? {
            count.map { $0.multipliedReportingOverflow(by: Self.gibibyte) }.map {
                $0.overflow ? Int.max : $0.partialValue
            }
        }
        (cores, memoryBytes, diskBytes) = (cpu, bytes(memory), bytes(disk))
    }
}
