import BenchmarkTransport
import Glibc

/// Finds out, once per process, how sandboxes can be kept apart on this machine.
enum IsolationProbe {
    /// What has worked once in this process works again.
    private static let proven = Locked<NamespaceKind?>(nil)

    /// The namespaces that work here, tried by making a sandbox and running a command in it.
    ///
    /// - Parameters:
    ///   - wanted: `.namespaces` and `.none` are taken at their word; nil tries the first and settles for the second.
    ///   - directory: a directory for the trial, removed afterwards.
    /// - Returns: the namespaces to make, nil for none, and why there are none although some were tried.
    /// - Throws: `SandboxError` with code `.isolationUnavailable` if namespaces are wanted and do not work.
    nonisolated(nonsending) static func run(
        _ wanted: Isolation?,
        in directory: String,
        loop: EventLoop
    ) async throws -> (kind: NamespaceKind?, reason: String?) {
        if wanted == Isolation.none { return (nil, nil) }
        if let kind = proven.withLock({ $0 }) { return (kind, nil) }
        var reason = "unknown"
        for kind in geteuid() == 0 ? [NamespaceKind.privileged, .user] : [.user] {
            do {
                try await check(kind, in: directory, loop: loop)
                proven.withLock { $0 = kind }
                return (kind, nil)
            } catch {
                reason = (error as? SandboxError)?.message ?? "\(error)"
            }
        }
        if wanted == .namespaces { throw SandboxError(.isolationUnavailable, reason) }
        return (nil, reason)
    }

    private nonisolated(nonsending) static func check(
        _ kind: NamespaceKind,
        in directory: String,
        loop: EventLoop
    ) async throws {
        let sandbox = LocalSandbox(
            SandboxRecord(id: RandomText.uuid()),
            directory: directory,
            kind: kind,
            grace: .zero,
            loop: loop
        )
        do {
            try await sandbox.start()
            let outcome = try await sandbox.run("echo works", in: nil, adding: [], timeout: .seconds(10))
            await sandbox.destroy()
            guard outcome == .ended(exitCode: 0, output: Array("works\n".utf8)) else {
                throw SandboxError(.isolationUnavailable, "a command does not run in namespaces: \(outcome)")
            }
        } catch let error as LocalSandbox.Failure {
            await sandbox.destroy()
            guard case .cannotStart(let reason) = error else { throw error }
            throw SandboxError(.isolationUnavailable, reason)
        }
    }
}
