/// A bounded asynchronous sequence written by a closure: the basis of the toolkit's public stream types.
///
/// - Buffered: up to `capacity` in total cost; then the closure waits in its next `send`.
/// - Consumers: each iterator runs the closure again, starting with its first demand.
/// - Consumer leaves: when the iterator is dropped or its task cancelled, the closure's task is cancelled and its sends
///   throw `CancellationError`. The ``ProducerScope`` of the task that iterated can await the closure's end. A cancelled
///   iteration throws `CancellationError` too, so that a part is not taken for the whole.
/// - Closure ends: the consumer gets what is buffered, then the end, or the error the closure threw.
package struct ProducedSequence<Element: Sendable>: AsyncSequence, Sendable {
    package typealias Failure = any Error
    package typealias Channel = BoundedChannel<Element>

    private let capacity: Int
    private let launch: @Sendable (@escaping @Sendable () async -> Void) -> Task<Void, Never>
    private let body: @Sendable (Channel) async throws -> Void

    /// - Parameters:
    ///   - capacity: the cost at which the closure starts to wait.
    ///   - launch: starts a task on the executor that the closure belongs to.
    ///   - body: writes the elements.
    package init(
        capacity: Int,
        launch: @escaping @Sendable (@escaping @Sendable () async -> Void) -> Task<Void, Never>,
        body: @escaping @Sendable (Channel) async throws -> Void
    ) {
        (self.capacity, self.launch, self.body) = (capacity, launch, body)
    }

    package func makeAsyncIterator() -> Iterator { Iterator(capacity: capacity, launch: launch, body: body) }

    /// Takes the elements, as many at a time as are available.
    ///
    /// Not to be shared between tasks.
    package final class Iterator: AsyncIteratorProtocol {
        private let channel: Channel
        private let launch: @Sendable (@escaping @Sendable () async -> Void) -> Task<Void, Never>
        private let body: @Sendable (Channel) async throws -> Void
        private var producer: Task<Void, Never>?
        /// The elements to return, last first, so that each is released once it has been returned.
        private var batch: [Element] = []

        init(
            capacity: Int,
            launch: @escaping @Sendable (@escaping @Sendable () async -> Void) -> Task<Void, Never>,
            body: @escaping @Sendable (Channel) async throws -> Void
        ) {
            channel = Channel(capacity: capacity)
            (self.launch, self.body) = (launch, body)
        }

        deinit {
            channel.cancel()
            producer?.cancel()
        }

        package func next() async throws -> Element? { try await next(isolation: nil) }

        package func next(isolation actor: isolated (any Actor)?) async throws -> Element? {
            if batch.isEmpty {
                batch = try await nextBatch(isolation: actor) ?? []
                batch.reverse()
            }
            return batch.popLast()
        }

        /// Returns all available elements, at least one, or `nil` at the end.
        package func nextBatch(isolation actor: isolated (any Actor)? = #isolation) async throws -> [Element]? {
            if !batch.isEmpty { return takeBatch().reversed() }
            let producer = startIfNeeded()
            return try await withTaskCancellationHandler {
                try await channel.nextBatch(reusing: takeBatch())
            } onCancel: { [channel] in
                channel.cancel()
                producer.cancel()
            }
        }

        /// Returns the batch; no reference to its storage remains here.
        private func takeBatch() -> [Element] {
            defer { batch = [] }
            return batch
        }

        private func startIfNeeded() -> Task<Void, Never> {
            if let producer { return producer }
            let run: @Sendable () async -> Void = { [channel, body] in
                do {
                    try await body(channel)
                    channel.finish()
                } catch {
                    channel.finish(throwing: error)
                }
            }
            let started = ProducerScope.current?.start(launch, run) ?? launch(run)
            producer = started
            return started
        }
    }
}
