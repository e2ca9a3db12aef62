import BenchmarkProtocol
import BenchmarkTransport

/// The one way into service code: through the service's executor, once per call.
struct ServiceCaller: Sendable {
    let executor: ServiceExecutor
    let nonBlocking: ServiceMethods
    let authentication: BuiltInAuthentication

    /// Calls a method of the service: on its executor, or, if it is declared non-blocking, right here.
    ///
    /// What a method finds wrong with data of its own is no mistake in the caller's request: 400, not 422.
    nonisolated(nonsending) func callAsFunction<R: Sendable>(
        _ method: ServiceMethods,
        _ body: @concurrent @Sendable () async throws -> R
    ) async throws -> R {
        do { return try await entering(nonBlocking.contains(method) ? nil : executor, body) } catch {
            throw (error as? ValidationErrors).map { ServiceError.invalidRequest("\($0)") } ?? error
        }
    }

    /// Runs work on a message of so many bytes: right here if it is short, else on the service's executor, as a loop must
    /// not be held up by parsing megabytes.
    nonisolated(nonsending) func offLoop<R: Sendable>(
        _ byteCount: Int,
        _ body: @concurrent @Sendable () async throws -> R
    ) async throws -> R {
        try await entering(byteCount > 65_536 ? executor : nil, body)
    }

    /// Calls service code on an executor; nil for that of the calling task.
    ///
    /// `body` is `@concurrent`: code isolated to an actor of a loop would not follow the preference.
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
