/// The producers that were started on behalf of one call, so that the caller can await their cleanup.
///
/// A sequence's iterator cannot own a child task: dropping it cancels its producer, but nobody waits for it. The server
/// opens a scope around each call of service code, the producers started within it register themselves, and the server
/// does not report the call as over until they have ended.
package final class ProducerScope: Sendable {
    /// The scope of the calling task, inherited by the tasks it starts.
    @TaskLocal package static var current: ProducerScope?

    private let producers = Locked<[Task<Void, Never>]>([])

    package init() {}

    func add(_ producer: Task<Void, Never>) { producers.withLock { $0.append(producer) } }

    /// Cancels the producers that are still running, and returns when all have ended; cancellation does not end the
    /// wait.
    package nonisolated(nonsending) func end() async {
        while true {
            let running = producers.withLock { producers -> [Task<Void, Never>] in
                defer { producers = [] }
                return producers
            }
            if running.isEmpty { return }
            for producer in running { producer.cancel() }
            for producer in running { await producer.value }
        }
    }
}
