import BenchmarkProtocol
import BenchmarkSandbox
import BenchmarkTransport

/// One stream of the service contract, from the handshake to its end.
///
/// The sequence is fixed: authentication, the sandbox headers, the first message, the sandbox, the stream, Close 1000.
/// What fails before the first message closes with 1008; what fails after it is one error chunk.
///
/// Callers of a later time have the sandbox's credentials in that message. So where the headers are missing it is looked
/// at first, if it comes soon, and closed with 1008 only if it has none either.
struct ServedStream<Service: BenchmarkService, Chunks: ChunkSequence>: Sendable {
    /// The service's method: the task's id, its dataset, its sandbox.
    typealias Method = @concurrent @Sendable (String, Dataset<Service.Item>, any Sandbox) async throws -> Chunks

    let core: ServiceCore<Service>
    let request: HTTPServerRequest
    let socket: WebSocketConnection
    let kind: ServiceMethods
    let method: Method

    private var route: String { request.head.path }

    func serve() async {
        core.metrics?.streamBegins(route)
        let outcome = await converse()
        await socket.close()
        core.metrics?.streamEnds(route, outcome)
    }

    /// All of a stream but the Close at its end.
    private func converse() async -> ServiceMetrics.Outcome {
        do {
            try await authorize()
            let credentials = SandboxCredentials.headers(request.head.fields)
            if let credentials, let reason = core.sandboxURLs.refusal(credentials) {
                throw SandboxRefusal(reason: reason)
            }
            guard let message = try await firstMessage(hasCredentials: credentials != nil) else { return .left }
            await socket.ignoreMessages()
            try await open(message, credentials)
            return .done
        } catch let refusal as SandboxRefusal {
            await socket.close(code: .policyViolation, reason: refusal.reason)
            return .refused
        } catch is CancellationError {
            // The peer is gone, or the server stops: there is nobody to tell.
            return .left
        } catch let error as WebSocketError {
            core.log.write(.warning, "the stream was lost: \(error)", about)
            return .left
        } catch {
            await send(.error(ErrorResponse.message(of: error)))
            return .failed
        }
    }

    private var about: ServiceLog.Fields {
        [
            ("peer", .string(request.peer.host)), ("path", .string(request.head.rawPath)),
            ("request_id", request.head.fields["x-request-id"].map { .string($0) } ?? .null),
        ]
    }

    private func authorize() async throws {
        let isAllowed = try await core.call(.checkAuth) { [service = core.service, request] in
            try await service.checkAuth(request.head.fields)
        }
        core.metrics?.authentication(isAllowed ? .done : .refused)
        if !isAllowed { throw SandboxRefusal(reason: "Unauthorized") }
    }

    /// The first message; nil if the peer closes.
    ///
    /// - Parameter hasCredentials: whether the headers are there, so that the message may take its time.
    private func firstMessage(hasCredentials: Bool) async throws -> WebSocketMessage? {
        if hasCredentials { return try await socket.receive() }
        let missing = SandboxRefusal(reason: SandboxCredentials.missing)
        let message = try await socket.loop.withDeadline(core.credentialsTimeout, timeout: missing) {
            try await socket.receive()
        }
        guard let message else { throw missing }
        return message
    }

    /// Runs the stream and the watch for the peer's leaving side by side; whichever ends first ends the other, and the
    /// cleanup of both is awaited.
    private func open(_ message: WebSocketMessage, _ headers: DaytonaCredentials?) async throws {
        let (request, credentials) = try await core.call.offLoop(message.bytes.count) {
            let request: StreamRequest
            do { request = try StreamRequest(message, readsProvider: headers == nil) } catch {
                // Without any credentials it does not matter what else is wrong.
                guard headers != nil || SandboxCredentials.areNamed(in: message) else {
                    throw SandboxRefusal(reason: SandboxCredentials.missing)
                }
                throw error
            }
            return (request, try headers ?? SandboxCredentials.body(request, core.sandboxURLs))
        }
        let scope = ProducerScope()
        let outcome = await withTaskGroup(of: Result<Void, any Error>?.self) { group in
            group.addTask {
                await ProducerScope.$current.withValue(scope) {
                    await ServiceExecutor.$current.withValue(core.call.executor) {
                        await Result { try await run(request, credentials) }
                    }
                }
            }
            group.addTask {
                try? await socket.waitUntilEnded()
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            await group.waitForAll()
            return first
        }
        await scope.end()
        guard let outcome else { throw CancellationError() }
        try outcome.get()
    }

    private func run(_ request: StreamRequest, _ credentials: DaytonaCredentials) async throws {
        let dataset = try core.datasets.dataset(request.dataset)
        let client = try DaytonaClient(credentials, http: core.sandboxes)
        let sandbox: DaytonaSandbox
        do { sandbox = try await client.sandbox(request.instanceID) } catch {
            core.metrics?.sandbox(.failed)
            throw error
        }
        core.metrics?.sandbox(.done)
        let chunks = try await core.call(kind) { try await method(request.taskID, dataset, sandbox) }
        // The author's sequence is iterated where service code belongs; its chunks reach the loop in batches.
        let stream =
            (chunks as? ChunkStream)
            ?? ChunkStream { writer in
                for try await chunk in chunks { try await writer.send(chunk) }
            }
        let iterator = stream.chunks.makeAsyncIterator()
        var warned = false
        while let batch = try await iterator.nextBatch() {
            if !warned, batch.contains(where: \.isUnusualResult) {
                warned = true
                let task: ServiceLog.Fields = [("task_id", .string(request.taskID))]
                core.log.write(.warning, "a result is not an object; runners may refuse it", task)
            }
            var messages: [[UInt8]] = []
            do {
                for chunk in batch { messages.append(try chunk.serialized()) }
            } catch {
                try await socket.send(utf8: messages)  // what came before the one that cannot be written
                throw error
            }
            try await socket.send(utf8: messages)
            if let metrics = core.metrics {
                for (chunk, bytes) in zip(batch, messages) { metrics.chunk(route, chunk, byteCount: bytes.count) }
            }
        }
    }

    private func send(_ chunk: StreamChunk) async {
        guard let bytes = try? chunk.serialized(), (try? await socket.send(utf8: bytes)) != nil else { return }
        core.metrics?.chunk(route, chunk, byteCount: bytes.count)
    }
}

extension StreamChunk {
    /// Whether this is a result of another kind than runners expect.
    fileprivate var isUnusualResult: Bool {
        guard case .result(let value) = self else { return false }
        return value.objectValue == nil
    }
}

extension Result where Failure == any Error {
    fileprivate init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}
