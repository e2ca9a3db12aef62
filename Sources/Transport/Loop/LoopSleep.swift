extension EventLoop {
    /// Returns after `duration`, or throws as soon as the waiting task is cancelled; callable from any task.
    ///
    /// Uses a timer of the loop, not of the runtime: arming and cancelling it costs one heap entry.
    package nonisolated(nonsending) func sleep(for duration: Duration) async throws(CancellationError) {
        let done = OneShotEvent()
        let timer = CrossThreadTimer()
        execute { timer.timer = self.schedule(after: duration) { done.fire() } }
        defer { execute { timer.timer?.cancel() } }
        try await done.waitUnlessCancelled()
    }

    /// Runs `body`, and cancels it if it takes longer than `duration`.
    ///
    /// Returns only after `body` has returned: its cleanup is awaited, however long it takes.
    /// - Throws: what `body` throws, or `timeout` if `body` fails after the time is up.
    package nonisolated(nonsending) func withDeadline<R: Sendable, E: Error>(
        _ duration: Duration,
        timeout: E,
        _ body: @escaping @Sendable () async throws -> R
    ) async throws -> R {
        let expired = OneShotEvent()
        let task = startThrowingTask(body)
        let timer = CrossThreadTimer()
        execute {
            timer.timer = self.schedule(after: duration) {
                expired.fire()
                task.cancel()
            }
        }
        defer { execute { timer.timer?.cancel() } }
        let result = await withTaskCancellationHandler {
            await task.result
        } onCancel: {
            task.cancel()
        }
        switch result {
        case .success(let value): return value
        case .failure(let error): throw expired.hasFired ? timeout : error
        }
    }
}

/// Carries a timer to and from its loop's thread.
private final class CrossThreadTimer: @unchecked Sendable {
    // Safe to share: only closures on the loop's thread touch it, in the order in which they were submitted.
    var timer: LoopTimer?
}
