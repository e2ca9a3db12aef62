import BenchmarkProtocol
import BenchmarkTransport

/// The only way into service code: through the service's executor, once per call.
struct ServiceCaller: Sendable {
    let executor: ServiceExecutor
    let nonBlocking: ServiceMethods
    let authentication: BuiltInAuthentication

    /// Calls a method of the service, on the service's executor unless the method is declared non-blocking.
    ///
    /// Validation errors that a method throws are about its own data, not about fields of the request: 400, not 422.
    nonisolated(nonsending) func callAsFunction<R: Sendable>(
        _ method: ServiceMethods,
        _ body: @concurrent @Sendable () async throws -> R
    ) async throws -> R {
        do { return try await entering(nonBlocking.contains(method) ? nil : executor, body) } catch {
            throw (error as? ValidationErrors).map { ServiceError.invalidRequest("\($0)") } ?? error
        }
    }

    /// Runs work on a message of a given size: in place if it is short, else on the service's executor.
    ///
    /// Parsing or serializing megabytes would hold up an event loop.
    nonisolated(nonsending) func offLoop<R: Sendable>(
        _ byteCount: Int,
        _ body: nonisolated(nonsending) @Sendable () async throws -> R
    ) async throws -> R {
        if byteCount <= 65_536 { return try await body() }
        return try await entering(executor) { try await body() }
    }

    /// Calls service code on an executor, or on that of the calling task if it is `nil`.
    ///
    /// `body` is `@concurrent` because code that is isolated to an event loop would not follow the preference.
    nonisolated(nonsending) func entering<R: Sendable>(
        _ target: ServiceExecutor?,
        _ body: @concurrent @Sendable () async throws -> R
    ) async throws -> R {
        try await ServiceExecutor.$current.withValue(executor) {
            try await BuiltInAuthentication.$current.withValue(authentication) {
                guard let target else { return try await body() }
                return try await withTaskExecutorPreference(target) { try await body() }
            }
        }
    }
}
