/// Work on a loop whose result any number of tasks can wait for.
///
/// A task that is cancelled stops waiting at once; the work continues for the others, and runs to completion even if
/// there are none.
package struct SharedTask<Value: Sendable>: Sendable {
    private let task: Task<Value, any Error>
    private let ended: OneShotEvent

    /// Starts the work.
    package init(on loop: EventLoop, _ body: @escaping @Sendable () async throws -> Value) {
        let ended = OneShotEvent()
        self.ended = ended
        task = loop.startThrowingTask {
            defer { ended.fire() }
            return try await body()
        }
    }

    /// Waits for the result.
    ///
    /// - Throws: what the work throws, or `CancellationError` when the waiting task is cancelled first.
    package nonisolated(nonsending) func valueUnlessCancelled() async throws -> Value {
        try await ended.waitUnlessCancelled()
        return try await task.value
    }

    /// Waits for the result; cancellation does not end the wait.
    package var value: Value {
        get async throws { try await task.value }
    }
}
