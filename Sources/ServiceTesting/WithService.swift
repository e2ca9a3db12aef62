public import BenchmarkFramework
public import BenchmarkSandbox

/// Serves a benchmark in this process while a closure runs, with sandboxes on this machine.
///
/// ```swift
/// try await withService(ArithmeticService.self) { service in
///     let sandbox = try await service.sandbox()
///     let setup = try await service.setUp("task-1", in: sandbox)
///     #expect(setup.result?["status"] == "ok")
/// }
/// ```
///
/// The service is called over a socket, as runners call it, and its configuration ignores the environment. When the
/// closure has returned or thrown, the service and the sandboxes are stopped, and nothing is left of them.
///
/// - Parameters:
///   - service: the type of the benchmark; its instance is created as when it is served.
///   - configure: changes the configuration of the service, which has any free port, no key and no log of requests.
///   - sandboxes: the configuration of the sandboxes.
///   - body: uses the service.
/// - Throws: the errors of the service's `init` and `loadDatasets`, those of the closure, and `SandboxError` if
///   sandboxes cannot be run on this machine.
public func withService<Service: BenchmarkService, R: Sendable>(
    _ service: Service.Type,
    configure: (inout ServiceConfiguration) -> Void = { _ in },
    sandboxes: LocalDaytona.Configuration = LocalDaytona.Configuration(),
    _ body: (ServiceUnderTest) async throws -> R
) async throws -> R {
    var configuration = ServiceConfiguration(environment: [:])
    configuration.server.port = 0
    configuration.logsRequests = false
    configure(&configuration)
    let daytona = try await LocalDaytona.start(sandboxes)
    let running: RunningService
    do {
        running = try await BenchmarkServiceApp(service, configuration: configuration).start()
    } catch {
        await daytona.shutdown()
        throw error
    }
    let result: Result<R, any Error>
    do {
        result = .success(try await body(try ServiceUnderTest(running, daytona)))
    } catch {
        result = .failure(error)
    }
    await running.stop()
    await daytona.shutdown()
    return try result.get()
}
