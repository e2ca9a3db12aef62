import BenchmarkProtocol
import BenchmarkTransport

/// The routes below `/toolbox/{sandboxId}`, which run commands and access files.
struct Toolbox: Sendable {
    let processes: ToolboxProcesses
    let files: ToolboxFiles

    /// Answers an authenticated request about a sandbox; the segments are those after its id.
    func reply(to request: APIRequest, about sandbox: LocalSandbox) async throws -> HTTPServerResponse {
        switch (request.method, request.segments.first) {
        case (_, "process"):
            var request = request
            request.segments = request.segments.dropFirst()
            return try await processes.reply(to: request, about: sandbox)
        case (_, "files"):
            var request = request
            request.segments = request.segments.dropFirst()
            return try await files.reply(to: request, about: sandbox)
        case ("GET", "work-dir"), ("GET", "user-home-dir"), ("GET", "project-dir"):
            _ = try await sandbox.activeSpace()
            return .json(200, ["dir": .string(SandboxSpace.home)])
        case ("GET", "version"): return .json(200, ["version": .string(SandboxRecord.daemonVersion)])
        default: throw APIError(404, "not found: no such endpoint")
        }
    }
}
