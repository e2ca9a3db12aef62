import BenchmarkTransport
import Glibc

@testable import BenchmarkSandbox

/// Started sandboxes without a server, in a directory that is removed after the test.
struct SandboxFixture: Sendable {
    let loop: EventLoop
    let instance: InstanceDirectory

    /// How a sandbox is isolated in a test.
    enum Mode: String, Sendable, CaseIterable {
        case privileged, user, none

        /// The modes that this user can use on this machine.
        static let available: [Mode] = geteuid() == 0 ? [.privileged, .user, .none] : [.user, .none]
        /// The available modes that use namespaces.
        static let isolated = available.filter { $0 != .none }

        var kind: NamespaceKind? {
            switch self {
            case .privileged: .privileged
            case .user: .user
            case .none: nil
            }
        }
    }

    /// Calls `body` with a started sandbox, then destroys it.
    static func with(
        _ mode: Mode,
        grace: Duration = .seconds(5),
        _ body: @Sendable (LocalSandbox) async throws -> Void
    ) async throws {
        let loop = EventLoopGroup.shared.next()
        let instance = try InstanceDirectory(in: "/tmp")
        let record = SandboxRecord(id: RandomText.uuid())
        let sandbox = LocalSandbox(
            record,
            directory: "\(instance.path)/1",
            kind: mode.kind,
            grace: grace,
            loop: loop
        )
        var failure: (any Error)?
        do {
            try await sandbox.start()
            try await body(sandbox)
        } catch { failure = error }
        await sandbox.destroy()
        await InstanceDirectory.remove(instance.path, on: loop)
        if let failure { throw failure }
    }
}

/// The result of a command.
struct ShellResult: Equatable, Sendable {
    let exitCode: Int
    let output: String

    init(_ exitCode: Int, _ output: String) { (self.exitCode, self.output) = (exitCode, output) }
}

extension LocalSandbox {
    /// Runs a command and returns its exit code and output.
    func shell(
        _ text: String,
        in directory: String? = nil,
        adding environment: [(name: String, value: String)] = []
    ) async throws -> ShellResult {
        switch try await run(text, in: directory, adding: environment, timeout: .seconds(60)) {
        case .ended(let code, let output): ShellResult(code, String(decoding: output, as: UTF8.self))
        case .timedOut: ShellResult(-408, "")
        case .outputTooLong: ShellResult(-400, "")
        }
    }
}
