/// A bounded queue between any number of producers and one consumer.
///
/// - Buffered: elements up to ``capacity`` in total cost, plus the single element that crosses it. A producer that
///   finds the channel full waits, so a consumer that takes nothing stops its producers; nothing is ever dropped.
/// - Consumers: one. It takes everything pending at once, by swapping arrays.
/// - Consumer leaves: ``cancel()``; producers throw `CancellationError` from then on.
/// - Producer ends: ``finish(throwing:)``; the consumer gets what is pending, then the end or the error.
package final class BoundedChannel<Element: Sendable>: Sendable {
    private struct State: Sendable {
        var pending: [Element] = []
        var cost = 0
        var consumer: UnsafeContinuation<Void, Never>?
        var producers: [(ticket: Int, continuation: UnsafeContinuation<Void, Never>)] = []
        var nextTicket = 0
        var abandoned: Set<Int> = []
        var end: End = .open
    }
    private enum End: Sendable { case open, finished((any Error)?), cancelled }

    /// The total cost of pending elements at which producers start to wait.
    package let capacity: Int
    private let state = Locked(State())

    package init(capacity: Int) { self.capacity = max(1, capacity) }

    // MARK: Producers

    /// Appends an element; waits first while the channel is full.
    ///
    /// - Throws: `CancellationError` when the consumer has left, the channel was finished, or the waiting task is
    ///   cancelled. The element is then not delivered.
    package nonisolated(nonsending) func send(_ element: Element, cost: Int = 1) async throws(CancellationError) {
        while true {
            switch offer(element, cost: cost) {
            case .taken: return
            case .refused: throw CancellationError()
            case .full: try await waitForRoom()
            }
        }
    }

    private enum Offer { case taken, full, refused }

    private func offer(_ element: Element, cost: Int) -> Offer {
        let (offer, consumer) = state.withLock { state -> (Offer, UnsafeContinuation<Void, Never>?) in
            guard case .open = state.end else { return (.refused, nil) }
            if state.cost >= capacity { return (.full, nil) }
            state.pending.append(element)
            state.cost += max(1, cost)
            defer { state.consumer = nil }
            return (.taken, state.consumer)
        }
        consumer?.resume()
        return offer
    }

    private nonisolated(nonsending) func waitForRoom() async throws(CancellationError) {
        let ticket = state.withLock { state -> Int in
            state.nextTicket += 1
            return state.nextTicket
        }
        await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                let goOn = state.withLock { state -> Bool in
                    guard case .open = state.end, state.cost >= capacity else { return true }
                    if state.abandoned.remove(ticket) != nil { return true }
                    state.producers.append((ticket, continuation))
                    return false
                }
                if goOn { continuation.resume() }
            }
        } onCancel: {
            abandon(ticket)
        }
        guard Task.isCancelled else { return }
        // Left behind if the wait was already over.
        state.withLock { _ = $0.abandoned.remove(ticket) }
        throw CancellationError()
    }

    /// The number of waiting producers, and of tickets kept for those that were cancelled before they waited.
    var ticketCount: Int { state.withLock { $0.producers.count + $0.abandoned.count } }

    private func abandon(_ ticket: Int) {
        let waiting = state.withLock { state -> UnsafeContinuation<Void, Never>? in
            if let index = state.producers.firstIndex(where: { $0.ticket == ticket }) {
                return state.producers.remove(at: index).continuation
            }
            state.abandoned.insert(ticket)
            return nil
        }
        waiting?.resume()
    }

    /// Ends the channel after the pending elements.
    ///
    /// Only the first end counts.
    package func finish(throwing error: (any Error)? = nil) {
        end(.finished(error), dropPending: false)
    }

    // MARK: The consumer

    /// Returns all pending elements, at least one, or `nil` at the end.
    ///
    /// Waits while there are none. Cancelling the waiting task does not end the wait; ``cancel()`` does.
    ///
    /// - Parameter spare: an array whose storage is used for later elements.
    /// - Throws: the error the channel was finished with, once, after the last element; `CancellationError` after
    ///   ``cancel()``, unless all elements had been taken by then.
    package nonisolated(nonsending) func nextBatch(reusing spare: consuming [Element] = []) async throws -> [Element]? {
        if !spare.isEmpty { spare.removeAll(keepingCapacity: true) }
        while true {
            let (end, producers) = take(into: &spare)
            for producer in producers { producer.continuation.resume() }
            if !spare.isEmpty { return spare }
            switch end {
            case .open: await waitForElements()
            case .finished(nil): return nil
            case .cancelled: throw CancellationError()
            case .finished(let error?):
                state.withLock { $0.end = .finished(nil) }
                throw error
            }
        }
    }

    private typealias Waiting = [(ticket: Int, continuation: UnsafeContinuation<Void, Never>)]

    private func take(into batch: inout [Element]) -> (End, Waiting) {
        let spare = batch
        batch = []
        let (taken, end, producers) = state.withLock { state -> ([Element], End, Waiting) in
            let taken = state.pending
            state.pending = spare
            state.cost = 0
            defer { state.producers = [] }
            return (taken, state.end, state.producers)
        }
        batch = taken
        return (end, producers)
    }

    private nonisolated(nonsending) func waitForElements() async {
        await withUnsafeContinuation { continuation in
            let goOn = state.withLock { state -> Bool in
                guard case .open = state.end, state.pending.isEmpty else { return true }
                state.consumer = continuation
                return false
            }
            if goOn { continuation.resume() }
        }
    }

    /// Ends the channel for the consumer: pending elements are dropped and producers are told.
    ///
    /// Has no effect on a channel that was finished and has no pending elements: its consumer has the whole.
    package func cancel() { end(.cancelled, dropPending: true) }

    private func end(_ end: End, dropPending: Bool) {
        let (consumer, producers) = state.withLock { state -> (UnsafeContinuation<Void, Never>?, Waiting) in
            switch state.end {
            case .open: break
            case .finished, .cancelled: if !dropPending || state.pending.isEmpty { return (nil, []) }
            }
            state.end = end
            if dropPending {
                state.pending = []
                state.cost = 0
            }
            defer { (state.consumer, state.producers) = (nil, []) }
            return (state.consumer, state.producers)
        }
        consumer?.resume()
        for producer in producers { producer.continuation.resume() }
    }
}
