import BenchmarkTransport
import Glibc

/// Ends a shell together with everything it started.
///
/// SIGTERM is sent to its process group and to every descendant. If something is left below the shell after the grace
/// period, or the shell itself has gone, SIGKILL is sent to the same processes, and finally the shell is killed.
/// Descendants are found by walking the process tree, so that `setsid` and `nohup` do not protect them; one that
/// another process has adopted, and that leads its own group, is not found.
struct Teardown: Sendable {
    /// The process that the server started.
    let process: ChildProcess
    /// The leader of the process group: the process itself, or the one that it started inside the namespaces.
    let leader: pid_t
    /// How long processes may take to end after SIGTERM.
    let grace: Duration

    private static let interval = Duration.milliseconds(100)
    private static let maxKillCount = 200

    /// Ends everything, and returns when the process is gone.
    nonisolated(nonsending) func run(on loop: EventLoop) async {
        var known = Set<ProcessTree.Identity>()
        _ = await signal(SIGTERM, &known)
        var left = grace
        while left > .zero, process.outcome == nil {
            try? await loop.sleep(for: Self.interval)
            left -= Self.interval
            if await ProcessTree.current().children(of: leader).isEmpty { break }
        }
        if left <= .zero || process.outcome != nil {
            // A killed process is not gone at once, and one that sleeps in the kernel may take its time.
            for _ in 0..<Self.maxKillCount {
                guard await signal(SIGKILL, &known) else { break }
                try? await loop.sleep(for: .milliseconds(5))
            }
        }
        if process.outcome == nil {
            kill(-leader, SIGKILL)
            process.signalGroup(SIGKILL)
        }
        _ = await process.waitForExit()
    }

    /// Signals the group and all present and former descendants of its leader.
    ///
    /// - Returns: whether any of these descendants was there.
    private nonisolated(nonsending) func signal(
        _ number: Int32,
        _ known: inout Set<ProcessTree.Identity>
    ) async -> Bool {
        let tree = await ProcessTree.current()
        known.formUnion(tree.descendants(of: leader).compactMap(tree.identity(of:)))
        let targets = known.filter(tree.contains)
        if process.outcome == nil { kill(-leader, number) }
        for target in targets { kill(target.pid, number) }
        return !targets.isEmpty
    }
}
