import BenchmarkTransport

/// The output of a running command, as texts.
///
/// - Buffered: about 64 KiB; then the command's reader waits, and with it, in time, the command.
/// - Consumers: one. Every iteration runs the command anew, from its first demand.
/// - Consumer leaves: the command is killed and its session deleted.
/// - Command ends: the sequence ends after all output, or throws what the command's exit code asks for.
public struct CommandOutput: AsyncSequence, Sendable {
    /// A piece of output.
    public typealias Element = String
    /// Errors of the sandbox, or of the command.
    public typealias Failure = any Error

    private let texts: ProducedSequence<String>

    /// Output written by a closure, which runs where a service's own code does.
    ///
    /// - Parameter body: writes pieces through its argument, which waits while the reader is slower.
    public init(_ body: @escaping @Sendable (CommandOutputWriter) async throws -> Void) {
        texts = ProducedSequence(
            capacity: 64 * 1024,
            launch: { ServiceExecutor.current.startTask($0) },
            body: { try await body(CommandOutputWriter(channel: $0)) }
        )
    }

    /// Output written by code that does not block, on a loop.
    init(on loop: EventLoop, _ body: @escaping @Sendable (CommandOutputWriter) async throws -> Void) {
        texts = ProducedSequence(
            capacity: 64 * 1024,
            launch: { loop.startTask($0) },
            body: { try await body(CommandOutputWriter(channel: $0)) }
        )
    }

    /// Starts the command.
    public func makeAsyncIterator() -> Iterator { Iterator(base: texts.makeAsyncIterator()) }

    /// Takes the pieces one by one.
    public struct Iterator: AsyncIteratorProtocol {
        let base: ProducedSequence<String>.Iterator

        /// The next piece; nil at the end.
        public mutating func next() async throws -> String? { try await base.next() }

        /// The next piece, taken on the caller's actor.
        public mutating func next(isolation actor: isolated (any Actor)?) async throws -> String? {
            try await base.next(isolation: actor)
        }
    }
}

/// Writes the pieces of a ``CommandOutput``.
public struct CommandOutputWriter: Sendable {
    let channel: BoundedChannel<String>

    /// Sends a piece; waits while the reader is slower.
    ///
    /// Throws `CancellationError` when the reader has left.
    public nonisolated(nonsending) func write(_ text: String) async throws {
        try await channel.send(text, cost: 64 + text.utf8.count)
    }
}
