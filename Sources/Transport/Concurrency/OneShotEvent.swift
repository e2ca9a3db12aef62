/// An event that fires once, and that any number of tasks can wait for.
package final class OneShotEvent: Sendable {
    private struct State: Sendable {
        var hasFired = false
        var nextTicket = 0
        var waiting: [Int: UnsafeContinuation<Void, Never>] = [:]
        /// The tickets whose task was cancelled before it started to wait.
        var abandoned: Set<Int> = []
    }
    private let state = Locked(State())

    package init() {}

    package var hasFired: Bool { state.withLock { $0.hasFired } }

    /// Resumes all waiting tasks, and lets later ones pass at once.
    ///
    /// Further calls have no effect.
    package func fire() {
        let waiting = state.withLock { state -> [UnsafeContinuation<Void, Never>] in
            state.hasFired = true
            defer { state.waiting = [:] }
            return Array(state.waiting.values)
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Returns when the event has fired; cancellation does not end the wait.
    package nonisolated(nonsending) func wait() async {
        if !hasFired { await wait(under: takeTicket()) }
    }

    /// Returns when the event has fired, or throws if the waiting task is cancelled first.
    package nonisolated(nonsending) func waitUnlessCancelled() async throws(CancellationError) {
        if hasFired { return }
        let ticket = takeTicket()
        await withTaskCancellationHandler {
            await wait(under: ticket)
        } onCancel: {
            abandon(ticket)
        }
        let hasFired = state.withLock { state -> Bool in
            // Left behind if the wait was already over when the task was cancelled.
            state.abandoned.remove(ticket)
            return state.hasFired
        }
        if !hasFired { throw CancellationError() }
    }

    /// The number of waiting tasks, and of tickets kept for those that were cancelled before they waited.
    var ticketCount: Int { state.withLock { $0.waiting.count + $0.abandoned.count } }

    private func takeTicket() -> Int {
        state.withLock { state in
            state.nextTicket += 1
            return state.nextTicket
        }
    }

    private nonisolated(nonsending) func wait(under ticket: Int) async {
        await withUnsafeContinuation { continuation in
            let goOn = state.withLock { state -> Bool in
                if state.hasFired || state.abandoned.remove(ticket) != nil { return true }
                state.waiting[ticket] = continuation
                return false
            }
            if goOn { continuation.resume() }
        }
    }

    private func abandon(_ ticket: Int) {
        let waiting = state.withLock { state -> UnsafeContinuation<Void, Never>? in
            if let waiting = state.waiting.removeValue(forKey: ticket) { return waiting }
            state.abandoned.insert(ticket)
            return nil
        }
        waiting?.resume()
    }
}
