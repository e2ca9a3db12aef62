import BenchmarkProtocol
import BenchmarkTransport

/// Requests to the control plane and to toolboxes, and the handling of their failures.
extension DaytonaClient {
    /// The number of bytes after which the rest of a refusal is left unread.
    private static let maxRefusalBytes = 64 * 1024

    /// Sends a request with a JSON body, if any, and parses the answer as JSON; an empty answer is null.
    ///
    /// - Parameter timeout: how long all attempts may take together; `nil` for the configuration's limit.
    func call(
        _ method: HTTPMethod,
        _ url: HTTPURL,
        json: JSONValue? = nil,
        timeout: Duration? = nil
    ) async throws -> JSONValue {
        var request = HTTPClientRequest(method, url, fields: fields)
        request.timeout = timeout ?? configuration.requestTimeout
        request.fields.set(.accept, "application/json")
        if let json {
            request.fields.set(.contentType, "application/json")
            do { request.body = .bytes(try json.serialized()) } catch {
                throw SandboxError(.invalidRequest, "the request cannot be written as JSON: \(error)")
            }
        }
        let answer = try await send(request)
        if answer.isEmpty { return .null }
        do { return try JSONValue(parsing: answer) } catch {
            throw SandboxError(.protocolViolation, "\(url) answered with something that is not JSON: \(error)")
        }
    }

    /// Sends a request and returns the body of its answer; any status other than a success throws.
    func send(_ request: HTTPClientRequest, maxBodyBytes: Int = 64 << 20) async throws -> [UInt8] {
        try await attempting(request) { request, attempt in
            let outcome: Result<[UInt8], SandboxError> = try await http.withResponse(to: request) { response in
                // An earlier attempt whose answer was lost may have deleted it, so it is not found the second time.
                let isDeleted = request.method == .delete && attempt > 1 && response.head.status == .notFound
                if !isDeleted, let refusal = try await refusal(in: response) { return .failure(refusal) }
                return .success(try await response.collect(maxBytes: maxBodyBytes))
            }
            return try outcome.get()
        }
    }

    /// Sends a request and lends the answer to a closure; any status other than a success throws.
    ///
    /// Once the closure has been called, nothing is repeated.
    func withResponse<R: Sendable>(
        to request: HTTPClientRequest,
        _ use: @Sendable (HTTPClientResponse) async throws -> R
    ) async throws -> R {
        try await attempting(request) { request, _ in
            let outcome: Result<R, SandboxError> = try await http.withResponse(to: request) { response in
                if let refusal = try await refusal(in: response) { return .failure(refusal) }
                do { return .success(try await use(response)) } catch { throw RetrySchedule.Final(reason: error) }
            }
            return try outcome.get()
        }
    }

    /// Returns the error that a response stands for, or `nil` for a success, whose body is left unread.
    ///
    /// It is returned and not thrown, so that the connection can be used again.
    private func refusal(in response: HTTPClientResponse) async throws -> SandboxError? {
        let status = response.head.status.code
        if (200..<300).contains(status) { return nil }
        var body: [UInt8] = []
        do {
            while body.count < Self.maxRefusalBytes, let bytes = try await response.nextBytes() { body += bytes }
        } catch is HTTPClientError {
            // A refusal that breaks off is one all the same.
            try Task.checkCancellation()
        }
        return SandboxError(
            status: status,
            fields: response.head.fields,
            body: body,
            url: response.url,
            key: credentials.apiKey
        )
    }

    private func attempting<R: Sendable>(
        _ request: HTTPClientRequest,
        _ body: (_ request: HTTPClientRequest, _ attempt: Int) async throws -> R
    ) async throws -> R {
        var request = request
        var schedule = RetrySchedule(
            request.method,
            maxAttempts: configuration.maxAttempts,
            firstPause: configuration.retryPause,
            deadline: request.timeout.map { EventLoop.monotonicNow() &+ $0.nanoseconds }
        )
        while true {
            do { return try await body(request, schedule.attempt) } catch {
                let now = EventLoop.monotonicNow()
                guard let pause = schedule.pause(after: error, now: now, jitter: .random(in: 0...1)) else {
                    throw told(error)
                }
                try await EventLoopGroup.shared.next().sleep(for: pause)
            }
            if let deadline = schedule.deadline {
                request.timeout = .nanoseconds(max(1, deadline - EventLoop.monotonicNow()))
            }
        }
    }

    /// Returns the error as callers get it.
    private func told(_ error: any Error) -> any Error {
        switch error {
        case let final as RetrySchedule.Final: told(final.reason)
        case let error as SandboxError: error.withoutKey(credentials.apiKey)
        case let error as HTTPClientError: SandboxError(error).withoutKey(credentials.apiKey)
        default: error
        }
    }

    // MARK: Fields

    /// The fields of a request.
    var fields: HTTPFields {
        var fields = authorization
        // From 0.167.0 on, logs carry their stream markers.
        fields.set("x-daytona-sdk-version", "0.190.0")
        return fields
    }

    /// The fields of a request that names no version, which gets the plain log as raw bytes.
    var authorization: HTTPFields {
        var fields = HTTPFields()
        fields.set(.authorization, "Bearer \(credentials.apiKey)")
        if let organizationID = credentials.organizationID {
            fields.set("x-daytona-organization-id", organizationID)
        }
        fields.set("x-daytona-source", "swift-benchmark-service")
        fields.set(.userAgent, "swift-benchmark-service")
        return fields
    }
}

/// Runs a step and prefixes the messages of its errors with a description of the step.
func naming<R>(_ what: String, _ body: () async throws -> R) async throws -> R {
    do { return try await body() } catch let error as SandboxError {
        throw error.saying("\(what): \(error.message)")
    }
}

/// Runs cleanup to completion, whether or not the calling task is cancelled.
func uncancelled<R: Sendable>(_ body: @escaping @Sendable () async -> R) async -> R {
    await EventLoopGroup.shared.next().startTask(body).value
}
