public import BenchmarkProtocol
import BenchmarkTransport

/// An asynchronous sequence of chunks, as returned by the stream methods of a service.
public typealias ChunkSequence = AsyncSequence<StreamChunk, any Error> & Sendable

/// A stream of chunks written by a closure.
///
/// ```swift
/// ChunkStream { stream in
///     try await stream.message("compiling\n")
///     try await stream.forward(streamCommand(sandbox, "make", cwd: "/workspace"))
///     try await stream.result(["resolved": true])
/// }
/// ```
///
/// - Buffered: chunks of about 64 KiB in total, or a single larger one. Beyond that the closure waits in its next call
///   to the writer, so a slow reader slows the producer down and memory use stays flat.
/// - Consumers: one. Every iteration runs the closure again, starting with its first demand.
/// - Consumer leaves: the closure's task is cancelled and the writer throws `CancellationError`. `defer` blocks and
///   cleanup run, and the server waits for them. A cancelled iteration throws `CancellationError` too.
/// - Closure ends: the stream ends after the buffered chunks. If the closure throws, the stream then throws the same
///   error.
///
/// The closure runs on the service's executor and may block its thread.
public struct ChunkStream: AsyncSequence, Sendable {
    /// A chunk.
    public typealias Element = StreamChunk
    /// The error that the closure throws.
    public typealias Failure = any Error

    package let chunks: ProducedSequence<StreamChunk>

    /// A stream written by `body`.
    public init(_ body: @escaping @Sendable (ChunkWriter) async throws -> Void) {
        chunks = ProducedSequence(
            capacity: StreamChunk.longByteCount,
            launch: { ServiceExecutor.current.startTask($0) },
            body: { try await body(ChunkWriter(channel: $0)) }
        )
    }

    /// Starts an iteration.
    public func makeAsyncIterator() -> Iterator { Iterator(base: chunks.makeAsyncIterator()) }

    /// An iterator over the chunks.
    public struct Iterator: AsyncIteratorProtocol {
        package let base: ProducedSequence<StreamChunk>.Iterator

        /// Returns the next chunk, or `nil` at the end.
        public mutating func next() async throws -> StreamChunk? { try await base.next() }

        /// Returns the next chunk, or `nil` at the end, on the caller's actor.
        public mutating func next(isolation actor: isolated (any Actor)?) async throws -> StreamChunk? {
            try await base.next(isolation: actor)
        }
    }
}

/// Writes the chunks of a ``ChunkStream``.
///
/// Every call waits while the stream's buffer is full, and throws `CancellationError` once the reader has left or the
/// task is cancelled.
public struct ChunkWriter: Sendable {
    let channel: BoundedChannel<StreamChunk>

    /// Sends a chunk of any type.
    public nonisolated(nonsending) func send(_ chunk: StreamChunk) async throws {
        try await channel.send(chunk, cost: chunk.approximateByteCount)
    }

    /// Sends text to be logged.
    ///
    /// Readers join messages without a separator, so a line carries its own newline.
    public nonisolated(nonsending) func message(_ text: String) async throws { try await send(.message(text)) }

    /// Sends an error.
    ///
    /// The stream may continue, but runners consider the task failed.
    public nonisolated(nonsending) func error(_ text: String) async throws { try await send(.error(text)) }

    /// Sends the result.
    ///
    /// Runners take the first result and leave, so send it last.
    public nonisolated(nonsending) func result(_ value: JSONValue) async throws { try await send(.result(value)) }

    /// Sends every element of a sequence of texts, such as a command's output, as a message.
    public nonisolated(nonsending) func forward<Texts: AsyncSequence>(_ texts: Texts) async throws
    where Texts.Element == String {
        for try await text in texts { try await message(text) }
    }
}

extension StreamChunk {
    /// The size of a chunk that fills a stream's buffer alone.
    package static var longByteCount: Int { 64 * 1024 }

    /// The approximate size of the chunk; counting stops beyond ``longByteCount``.
    package var approximateByteCount: Int {
        switch self {
        case .message(let text), .error(let text): 64 + text.utf8.count
        case .result(let value), .other(_, let value): 64 + value.approximateByteCount(upTo: Self.longByteCount)
        }
    }
}

extension JSONValue {
    /// The approximate number of bytes of the value's JSON form; counting stops beyond a limit.
    fileprivate func approximateByteCount(upTo limit: Int) -> Int {
        var count = 2
        switch self {
        case .null, .bool, .int, .double: return 8
        case .largeInteger(let number): return number.description.utf8.count
        case .string(let text): return 2 + text.utf8.count
        case .array(let values):
            for value in values {
                if count > limit { break }
                count += 1 + value.approximateByteCount(upTo: limit - count)
            }
        case .object(let object):
            for (key, value) in object {
                if count > limit { break }
                count += 4 + key.utf8.count + value.approximateByteCount(upTo: limit - count)
            }
        }
        return count
    }
}
