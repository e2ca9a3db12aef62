import BenchmarkProtocol
import BenchmarkSandbox
import BenchmarkTransport

/// A streaming method of the service, from a request to the last chunk.
struct ChunkProducer<Service: BenchmarkService, Chunks: ChunkSequence>: Sendable {
    /// The service's method: the task's id, its dataset, its sandbox.
    typealias Method = @concurrent @Sendable (String, Dataset<Service.Item>, any Sandbox) async throws -> Chunks

    let core: ServiceCore<Service>
    let kind: ServiceMethods
    let method: Method

    /// Sends the chunks of a request.
    ///
    /// Runs beside a watch for the peer's leaving; whichever ends first ends the other, and the cleanup of both is
    /// awaited.
    /// - Parameter route: what they are counted under.
    /// - Throws: whatever speaks against the request or went wrong; `CancellationError` if the peer has left.
    func run(
        _ request: StreamRequest,
        _ credentials: DaytonaCredentials,
        _ route: String,
        into sink: some ChunkSink
    ) async throws {
        let scope = ProducerScope()
        let outcome = await withTaskGroup(of: Result<Void, any Error>?.self) { group in
            group.addTask {
                await ProducerScope.$current.withValue(scope) {
                    await ServiceExecutor.$current.withValue(core.call.executor) {
                        await Result { try await produce(request, credentials, route, into: sink) }
                    }
                }
            }
            group.addTask {
                try? await sink.waitUntilPeerLeaves()
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

    private func produce(
        _ request: StreamRequest,
        _ credentials: DaytonaCredentials,
        _ route: String,
        into sink: some ChunkSink
    ) async throws {
        let dataset = try core.datasets.dataset(request.dataset)
        let sandbox = try await sandbox(request.instanceID, credentials)
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
            try await send(batch, route, into: sink)
        }
    }

    private func sandbox(_ id: String, _ credentials: DaytonaCredentials) async throws -> DaytonaSandbox {
        do {
            let sandbox = try await DaytonaClient(credentials, http: core.sandboxes).sandbox(id)
            core.metrics?.sandbox(.done)
            return sandbox
        } catch {
            core.metrics?.sandbox(.failed)
            throw error
        }
    }

    private func send(_ batch: [StreamChunk], _ route: String, into sink: some ChunkSink) async throws {
        var messages: [[UInt8]] = []
        do {
            for chunk in batch { messages.append(try chunk.serialized()) }
        } catch {
            try await sink.send(messages)  // what came before the one that cannot be written
            throw error
        }
        try await sink.send(messages)
        guard let metrics = core.metrics else { return }
        for (chunk, bytes) in zip(batch, messages) { metrics.chunk(route, chunk, byteCount: bytes.count) }
    }

    /// Sends what went wrong, as far as that is still possible.
    func send(_ error: any Error, _ route: String, into sink: some ChunkSink) async {
        try? await send([.error(ErrorResponse.message(of: error))], route, into: sink)
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
