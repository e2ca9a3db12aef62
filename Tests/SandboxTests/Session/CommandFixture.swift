import BenchmarkProtocol
import BenchmarkTransport

@testable import BenchmarkSandbox

/// Passes a sandbox of a local Daytona, whose client retries quickly but does not give up early, to a closure.
func withCommandSandbox(
    _ limits: CommandLimits = CommandLimits(),
    _ body: @Sendable (DaytonaSandbox, LocalDaytona) async throws -> Void
) async throws {
    let local = try await LocalDaytona.start()
    do {
        var client = try DaytonaClient(local.credentials)
        client.configuration.retryPause = .milliseconds(5)
        try await body(try await client.createSandbox(CreateSandboxRequest()).with(commandLimits: limits), local)
        await local.shutdown()
    } catch {
        await local.shutdown()
        throw error
    }
}

extension DaytonaSandbox {
    /// Returns the same sandbox with another timing of its commands.
    func with(commandTimes: CommandTimes) -> DaytonaSandbox {
        var copy = self
        copy.commandTimes = commandTimes
        return copy
    }

    /// Returns the number of sessions.
    func sessionCount() async throws -> Int {
        try await client.call(.get, toolbox.appending("/process/session")).arrayValue?.count ?? -1
    }
}
