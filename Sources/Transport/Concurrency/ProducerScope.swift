/// The producers that were started on behalf of one call, so that the caller can await their cleanup.
///
/// A sequence's iterator cannot own a child task: dropping it cancels its producer, but nobody waits for it. The server
/// opens a scope around each call of service code, the producers started within it register themselves, and the server
/// does not report the call as over until they have ended.
package final class ProducerScope: Sendable {
    /// The scope of the calling task, inherited by the tasks it starts.
    @TaskLocal package static var current: ProducerScope?

    private enum Producer: Sendable { case starting, running(Task<Void, Never>) }
    private struct State: Sendable {
        /// The producers that have not ended.
        var producers: [Int: Producer] = [:]
        var nextID = 0
    }
    private let state = Locked(State())

    package init() {}

    /// The number of producers that have not ended.
    var count: Int { state.withLock { $0.producers.count } }

    /// Starts a producer through `launch`; it is forgotten once `body` has returned.
    func start(
        _ launch: (@escaping @Sendable () async -> Void) -> Task<Void, Never>,
        _ body: @escaping @Sendable () async -> Void
    ) -> Task<Void, Never> {
        let id = state.withLock { state -> Int in
            defer { state.nextID += 1 }
            state.producers[state.nextID] = .starting
            return state.nextID
        }
        let task = launch {
            await body()
            self.state.withLock { $0.producers[id] = nil }
        }
        // It may have ended already.
        state.withLock { state in if state.producers[id] != nil { state.producers[id] = .running(task) } }
        return task
    }

    /// Cancels the producers that are still running, and returns when all have ended; cancellation does not end the
    /// wait.
    package nonisolated(nonsending) func end() async {
        while true {
            let running = state.withLock { state in
                state.producers.values.compactMap { if case .running(let task) = $0 { task } else { nil } }
            }
            if running.isEmpty { return }
            for producer in running { producer.cancel() }
            for producer in running { await producer.value }
        }
    }
}
