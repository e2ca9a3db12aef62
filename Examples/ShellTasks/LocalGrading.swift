import BenchmarkFramework

/// Runs a closure with a sandbox on this machine, for grading without a caller's sandbox.
///
/// The sandbox is deleted afterwards.
func withLocalSandbox<R: Sendable>(_ body: @Sendable (any Sandbox) async throws -> R) async throws -> R {
    let local = try await LocalDaytona.start()
    do {
        let result = try await body(try await DaytonaClient(local.credentials).createSandbox(CreateSandboxRequest()))
        await local.shutdown()
        return result
    } catch {
        await local.shutdown()
        throw error
    }
}
