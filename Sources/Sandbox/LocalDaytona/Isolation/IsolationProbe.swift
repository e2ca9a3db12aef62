import BenchmarkTransport
import Glibc

/// Finds out how sandboxes can be isolated on this machine.
enum IsolationProbe {
    /// The kind that has worked in this process, which is not tried again.
    private static let proven = Locked<NamespaceKind?>(nil)

    /// Returns the namespaces that work here, tried by creating a sandbox and running a command in it.
    ///
    /// - Parameters:
    ///   - wanted: `.namespaces` and `.none` leave no choice; `nil` tries the first and falls back to the second.
    ///   - directory: a directory for the trial, removed afterwards.
    /// - Returns: the namespaces to create, `nil` for none, and the reason if those that were tried do not work.
    /// - Throws: `SandboxError` with code `.isolationUnavailable` if namespaces are requested and do not work.
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
