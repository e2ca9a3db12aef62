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
    /// A second task watches whether the peer leaves. Whichever task ends first cancels the other, and the cleanup of
    /// both is awaited.
    /// - Parameter route: the route that the chunks are counted under.
    /// - Throws: whatever is wrong with the request or went wrong in the service; ``PeerLeft`` if the peer has left,
    ///   ``StreamLost`` if nothing more can be sent to it.
    func run(
        _ request: StreamRequest,
        _ credentials: DaytonaCredentials,
        _ route: String,
        into sink: some ChunkSink
    ) async throws {
        let scope = ProducerScope()
        let hasResult = Locked(false)
        let outcome = await withTaskGroup(of: Result<Void, any Error>?.self) { group in
            group.addTask {
                await ProducerScope.$current.withValue(scope) {
                    await ServiceExecutor.$current.withValue(core.call.executor) {
                        await Result {
                            try await produce(request, credentials, route, into: sink) {
                                hasResult.withLock { $0 = true }
                            }
                        }
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
        guard let outcome, !Task.isCancelled else { throw PeerLeft(hasResult: hasResult.withLock { $0 }) }
        try outcome.get()
    }

    private func produce(
        _ request: StreamRequest,
        _ credentials: DaytonaCredentials,
        _ route: String,
        into sink: some ChunkSink,
        onResult: () -> Void
    ) async throws {
        let dataset = try core.datasets.dataset(request.dataset)
        let sandbox = try await sandbox(request.instanceID, credentials)
        let chunks = try await core.call(kind) { try await method(request.taskID, dataset, sandbox) }
        // The service's own sequence is iterated on its executor; the chunks reach the loop in batches.
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
                core.log.write(.warning, "a result is not an object; runners may refuse it", request.about)
            }
            try await send(batch, route, into: sink)
            if batch.contains(where: \.isResult) { onResult() }
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
        let longest = batch.lazy.map(\.approximateByteCount).max() ?? 0
        let (messages, failure) = try await core.call.offLoop(longest) { Self.serialized(batch) }
        do { try await sink.send(messages) } catch { throw StreamLost(cause: error) }
        if let metrics = core.metrics {
            for (chunk, bytes) in zip(batch, messages) { metrics.chunk(route, chunk, byteCount: bytes.count) }
        }
        if let failure { throw failure }
    }

    /// Returns chunks in their JSON form: those before the first that has none, and the reason why it has none.
    private static func serialized(_ batch: [StreamChunk]) -> (messages: [[UInt8]], failure: (any Error)?) {
        var messages: [[UInt8]] = []
        do {
            for chunk in batch { messages.append(try chunk.serialized()) }
        } catch { return (messages, error) }
        return (messages, nil)
    }

    /// Logs the error that ended a stream early, and sends it as an error chunk if the peer may still be there.
    ///
    /// - Parameter about: the log fields that describe the stream.
    func end(
        with error: any Error,
        _ route: String,
        about: ServiceLog.Fields,
        into sink: some ChunkSink
    ) async -> ServiceMetrics.Outcome {
        switch error {
        case let left as PeerLeft:
            core.log.write(left.hasResult ? .debug : .warning, "\(left)", about)
            return .left
        case let lost as StreamLost:
            core.log.write(.warning, "\(lost)", about)
            return .left
        case _ where Task.isCancelled: return .left
        default:
            let message = ErrorResponse.message(of: error)
            core.log.write(.warning, "the stream failed: \(message)", about)
            try? await send([.error(message)], route, into: sink)
            return .failed
        }
    }
}

/// The peer of a stream left before its end, or the server is stopping.
struct PeerLeft: Error, CustomStringConvertible {
    /// Whether a result had been sent, after which runners do not wait any longer.
    let hasResult: Bool

    var description: String { "the caller left before the stream ended" }
}

/// The peer of a stream can no longer be reached.
///
/// Only what failed between this side and the peer is wrapped in it: service code may throw any error, those of the
/// transport included.
struct StreamLost: Error, CustomStringConvertible {
    let cause: any Error

    var description: String { "the stream was lost: \(cause)" }
}

extension StreamRequest {
    /// The log fields that describe the task.
    var about: ServiceLog.Fields {
        [("task_id", .string(taskID)), ("dataset", dataset.map { .string($0) } ?? .null)]
    }
}

extension StreamChunk {
    fileprivate var isResult: Bool { if case .result = self { true } else { false } }

    /// Whether this is a result that is not an object, which runners may refuse.
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
