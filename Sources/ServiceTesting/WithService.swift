public import BenchmarkFramework
public import BenchmarkSandbox

/// Serves a benchmark in this process for the time of a closure, with sandboxes on this machine.
///
/// ```swift
/// try await withService(ArithmeticService.self) { service in
///     let sandbox = try await service.sandbox()
///     let setup = try await service.setUp("task-1", in: sandbox)
///     #expect(setup.result?["status"] == "ok")
/// }
/// ```
///
/// The service is reached over a socket, as runners reach it; nothing of the environment counts. When the closure has
/// returned or thrown, the service and the sandboxes are stopped, and nothing of them is left.
///
/// - Parameters:
///   - service: the benchmark; the instance is made as when it is served.
///   - configure: changes what the service is served with; by default any free port, no key, no log of requests.
///   - sandboxes: how the sandboxes are run.
///   - body: what is done with it.
/// - Throws: what the service's `init` and `loadDatasets` throw, what the closure throws, and `SandboxError` if sandboxes
///   cannot be had here.
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
