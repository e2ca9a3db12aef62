import BenchmarkTransport
import Glibc

/// The first process of a sandbox's namespaces: they exist as long as it lives, and nothing in them outlives it.
struct NamespaceKeeper: Sendable {
    /// How the namespaces were created.
    let kind: NamespaceKind
    /// The process ID of the first process, as the host sees it.
    let first: pid_t
    /// The child process that created the namespaces, the parent of `first`; ends once everything in them has ended.
    private let maker: ChildProcess
    /// The write end of a pipe that `first` waits on.
    ///
    /// The kernel closes it when the server dies.
    private let lifeline: Descriptor

    /// The maximum duration of the setup, which usually takes about 50 ms.
    private static let maxDuration = Duration.seconds(20)

    /// Creates namespaces over the directory `root`.
    ///
    /// Must be called on the loop's thread.
    ///
    /// - Throws: `SandboxError` with code `.isolationUnavailable` where the machine does not allow them.
    nonisolated(nonsending) static func start(
        root: String,
        kind: NamespaceKind,
        loop: EventLoop
    ) async throws -> NamespaceKeeper {
        let (lifeline, report) = (try Descriptor.pipe(), try Descriptor.pipe())
        let arguments = kind.unshare(["/bin/sh", "-c", NamespaceScript.setup, "sh", root, NamespaceScript.keep])
        let maker = try ChildProcess(arguments, standard: (lifeline.read, report.write, report.write), loop: loop)
        lifeline.read.close()
        report.write.close()
        let answer = try BufferedStream.pipe(report.read, on: loop)
        answer.setReadDeadline(maxDuration)
        defer { answer.close() }
        var lines = [Substring]()
        while await answer.fillOrWait(), answer.input.count < 64 * 1024 {
            let text = answer.input.withReadableBytes { String(decoding: $0, as: UTF8.self) }
            lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            // The number may be incomplete until its line is complete.
            let ready = lines.dropLast().first { $0.hasPrefix("ready ") }
            if let ready, let first = pid_t(ready.dropFirst(6)) {
                return NamespaceKeeper(kind: kind, first: first, maker: maker, lifeline: lifeline.write)
            }
        }
        maker.signalGroup(SIGKILL)
        _ = await maker.waitForExit()
        let reason =
            lines.last { $0.hasPrefix("failed ") }.map { $0.dropFirst(7) } ?? lines.last { !$0.isEmpty } ?? "no answer"
        throw SandboxError(.isolationUnavailable, "cannot make namespaces: \(reason)")
    }

    /// Ends every process in the namespaces, and returns when they are gone.
    nonisolated(nonsending) func end() async {
        // Until its parent, a child of this process, has ended, its process ID cannot belong to another process.
        if maker.outcome == nil { kill(first, SIGKILL) }
        lifeline.close()
        _ = await maker.waitForExit()
    }
}
