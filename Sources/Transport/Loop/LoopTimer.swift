/// A point on the monotonic clock, in nanoseconds.
package typealias LoopInstant = Int64

extension Duration {
    /// The duration in whole nanoseconds, at most about 146 years.
    package var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        if seconds > Int64.max / 2_000_000_000 { return Int64.max / 2 }
        if seconds < 0 { return 0 }
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}

/// One scheduled call on a loop.
///
/// A cancelled timer stays in the heap, without its action, at most until its deadline or until most timers there are
/// cancelled.
///
/// Confined to the loop's thread, like the heap that holds it.
package final class LoopTimer: @unchecked Sendable {
    /// The number of cancelled timers that are still in a heap.
    fileprivate final class CancelledCount { var value = 0 }

    let deadline: LoopInstant
    private var action: (() -> Void)?
    private let cancelled: CancelledCount

    fileprivate init(_ deadline: LoopInstant, _ cancelled: CancelledCount, _ action: @escaping () -> Void) {
        (self.deadline, self.cancelled, self.action) = (deadline, cancelled, action)
    }

    /// Prevents the call; has no effect once it has been made.
    package func cancel() {
        guard let action else { return }
        // Released last: whatever it captures may schedule other timers then.
        withExtendedLifetime(action) {
            self.action = nil
            cancelled.value += 1
        }
    }

    /// Whether the call has neither been made nor cancelled.
    package var isPending: Bool { action != nil }

    func fire() {
        let action = action
        self.action = nil
        action?()
    }
}

/// Timers by deadline: a binary heap, earliest first.
struct TimerHeap {
    private var heap: [LoopTimer] = []
    private let cancelled = LoopTimer.CancelledCount()

    /// The number of cancelled timers that may stay, however few others there are.
    static let maxCancelled = 64

    /// The number of timers, cancelled ones included.
    var count: Int { heap.count }

    /// Returns the earliest deadline of the pending timers.
    mutating func nextDeadline() -> LoopInstant? {
        while let first = heap.first, !first.isPending { _ = removeFirst() }
        return heap.first?.deadline
    }

    mutating func insert(at deadline: LoopInstant, _ action: @escaping () -> Void) -> LoopTimer {
        if cancelled.value > max(Self.maxCancelled, heap.count / 2) { dropCancelled() }
        let timer = LoopTimer(deadline, cancelled, action)
        heap.append(timer)
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            if heap[parent].deadline <= heap[child].deadline { break }
            heap.swapAt(parent, child)
            child = parent
        }
        return timer
    }

    /// Removes and returns the earliest pending timer, if its deadline is not after `now`.
    mutating func takeDue(_ now: LoopInstant) -> LoopTimer? {
        guard let deadline = nextDeadline(), deadline <= now else { return nil }
        return removeFirst()
    }

    private mutating func removeFirst() -> LoopTimer? {
        guard let first = heap.first else { return nil }
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            sink(0)
        }
        if !first.isPending { cancelled.value -= 1 }
        return first
    }

    /// Removes all cancelled timers; as they are the majority, this costs little for each.
    private mutating func dropCancelled() {
        heap.removeAll { !$0.isPending }
        cancelled.value = 0
        for parent in stride(from: heap.count / 2 - 1, through: 0, by: -1) { sink(parent) }
    }

    /// Moves a timer down to its place among those that come after it.
    private mutating func sink(_ start: Int) {
        var parent = start
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
                if heap[child].deadline < heap[least].deadline { least = child }
            }
            if least == parent { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
