import BenchmarkTransport

/// The output of a running command, as text.
///
/// - Buffered: about 64 KiB; then the closure that writes the output waits.
/// - Consumers: one. Each iteration runs the command again, starting with the first demand.
/// - Consumer leaves: the command is killed and its session deleted. A cancelled iteration throws `CancellationError`.
/// - Command ends: the sequence ends after all output, or throws if the exit code calls for an error.
public struct CommandOutput: AsyncSequence, Sendable {
    /// A piece of output.
    public typealias Element = String
    /// An error from the sandbox or the command.
    public typealias Failure = any Error

    private let texts: ProducedSequence<String>

    /// Creates output written by a closure, which runs where a service's own code does.
    ///
    /// - Parameter body: writes pieces through its argument, waiting while the reader falls behind.
    public init(_ body: @escaping @Sendable (CommandOutputWriter) async throws -> Void) {
        texts = ProducedSequence(
            capacity: 64 * 1024,
            launch: { ServiceExecutor.current.startTask($0) },
            body: { try await body(CommandOutputWriter(channel: $0)) }
        )
    }

    /// Creates output written by code that does not block, on a loop.
    init(on loop: EventLoop, _ body: @escaping @Sendable (CommandOutputWriter) async throws -> Void) {
        texts = ProducedSequence(
            capacity: 64 * 1024,
            launch: { loop.startTask($0) },
            body: { try await body(CommandOutputWriter(channel: $0)) }
        )
    }

    /// Makes an iterator; its first demand starts the command.
    public func makeAsyncIterator() -> Iterator { Iterator(base: texts.makeAsyncIterator()) }

    /// Takes the pieces one by one.
    public struct Iterator: AsyncIteratorProtocol {
        let base: ProducedSequence<String>.Iterator

        /// Returns the next piece, or `nil` at the end.
        public mutating func next() async throws -> String? { try await base.next() }

        /// Returns the next piece, taken on the caller's actor.
        public mutating func next(isolation actor: isolated (any Actor)?) async throws -> String? {
            try await base.next(isolation: actor)
        }
    }
}

/// Writes the pieces of a ``CommandOutput``.
public struct CommandOutputWriter: Sendable {
    let channel: BoundedChannel<String>

    /// Sends a piece, waiting while the reader falls behind.
    ///
    /// Throws `CancellationError` if the reader has left.
    public nonisolated(nonsending) func write(_ text: String) async throws {
        try await channel.send(text, cost: 64 + text.utf8.count)
    }
}
