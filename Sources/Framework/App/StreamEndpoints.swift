import BenchmarkProtocol
import BenchmarkSandbox
import BenchmarkTransport

/// The two WebSocket routes of the service contract.
///
/// The sequence after the handshake is fixed: authentication, the sandbox headers, the first message, the sandbox, the
/// stream, Close 1000. What fails before the first message closes with 1008; what fails after it is one error chunk.
///
/// Callers of a later time have the sandbox's credentials in that message. So where the headers are missing it is looked
/// at first, if it comes soon, and closed with 1008 only if it has none either.
struct StreamEndpoints<Service: BenchmarkService>: Sendable {
    let core: ServiceCore<Service>

    var routes: [StreamRoute] {
        let service = core.service
        return [
            StreamRoute(path: "/ws/setup-task") { request, socket in
                await serve(request, socket, .setupTask) { id, dataset, sandbox in
                    try await service.setupTask(id, in: dataset, sandbox: sandbox)
                }
            },
            StreamRoute(path: "/ws/evaluate-instance") { request, socket in
                await serve(request, socket, .evaluateInstance) { id, dataset, sandbox in
                    try await service.evaluateInstance(id, in: dataset, sandbox: sandbox)
                }
            },
        ]
    }

    private typealias Method<S> =
        @concurrent @Sendable (String, Dataset<Service.Item>, any Sandbox) async throws -> S

    private func serve<S: ChunkSequence>(
        _ request: HTTPServerRequest,
        _ socket: WebSocketConnection,
        _ kind: ServiceMethods,
        _ method: @escaping Method<S>
    ) async {
        do {
            guard try await isAuthorized(request.head.fields) else {
                return await socket.close(code: .policyViolation, reason: "Unauthorized")
            }
            let credentials = SandboxCredentials.headers(request.head.fields)
            if let credentials, let refusal = core.sandboxURLs.refusal(credentials) {
                return await socket.close(code: .policyViolation, reason: refusal)
            }
            guard let message = try await firstMessage(socket, within: credentials == nil ? Self.patience : nil) else {
                if credentials == nil { await socket.close(code: .policyViolation, reason: SandboxCredentials.missing) }
                return
            }
            await socket.ignoreMessages()
            try await open(message, credentials, kind, method, until: socket)
        } catch let refusal as SandboxRefusal {
            await socket.close(code: .policyViolation, reason: refusal.reason)
        } catch is CancellationError {
            // The peer is gone, or the server stops: there is nobody to tell.
        } catch let error as WebSocketError {
            core.log.write(.warning, "the stream was lost: \(error)", Self.about(request))
        } catch {
            await send(.error(ErrorResponse.message(of: error)), to: socket)
        }
        await socket.close()
    }

    private static func about(_ request: HTTPServerRequest) -> ServiceLog.Fields {
        [
            ("peer", .string(request.peer.host)), ("path", .string(request.head.rawPath)),
            ("request_id", request.head.fields["x-request-id"].map { .string($0) } ?? .null),
        ]
    }

    private func isAuthorized(_ fields: HTTPFields) async throws -> Bool {
        try await core.call(.checkAuth) { [service = core.service] in try await service.checkAuth(fields) }
    }

    /// How long a caller without the headers may take to send the message that makes up for them.
    private static var patience: Duration { .seconds(1) }

    /// The first message; nil if the peer closes, or the time is up.
    private func firstMessage(_ socket: WebSocketConnection, within patience: Duration?) async throws
        -> WebSocketMessage?
    {
        guard let patience else { return try await socket.receive() }
        do {
            return try await socket.loop.withDeadline(patience, timeout: SandboxRefusal(reason: "")) {
                try await socket.receive()
            }
        } catch is SandboxRefusal { return nil }
    }

    /// Runs the stream and the watch for the peer's leaving side by side; whichever ends first ends the other, and the
    /// cleanup of both is awaited.
    private func open<S: ChunkSequence>(
        _ message: WebSocketMessage,
        _ headers: DaytonaCredentials?,
        _ kind: ServiceMethods,
        _ method: @escaping Method<S>,
        until socket: WebSocketConnection
    ) async throws {
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
                        await Result { try await run(request, credentials, kind, method, socket) }
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

    private func run<S: ChunkSequence>(
        _ request: StreamRequest,
        _ credentials: DaytonaCredentials,
        _ kind: ServiceMethods,
        _ method: @escaping Method<S>,
        _ socket: WebSocketConnection
    ) async throws {
        let dataset = try core.datasets.dataset(request.dataset)
        let client = try DaytonaClient(credentials, http: core.sandboxes)
        let sandbox = try await client.sandbox(request.instanceID)
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
        }
    }

    private func send(_ chunk: StreamChunk, to socket: WebSocketConnection) async {
        if let bytes = try? chunk.serialized() { try? await socket.send(utf8: bytes) }
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
