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
/// A cancelled timer stays in the heap, without its action, at most until its deadline.
///
/// Confined to the loop's thread, like the heap that holds it.
package final class LoopTimer: @unchecked Sendable {
    let deadline: LoopInstant
    private var action: (() -> Void)?

    init(deadline: LoopInstant, action: @escaping () -> Void) {
        self.deadline = deadline
        self.action = action
    }

    /// Prevents the call; has no effect once it has been made.
    package func cancel() { action = nil }

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

    /// Returns the earliest deadline of the pending timers.
    mutating func nextDeadline() -> LoopInstant? {
        while let first = heap.first, !first.isPending { _ = removeFirst() }
        return heap.first?.deadline
    }

    mutating func insert(_ timer: LoopTimer) {
        heap.append(timer)
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            if heap[parent].deadline <= heap[child].deadline { break }
            heap.swapAt(parent, child)
            child = parent
        }
    }

    /// Removes and returns the earliest pending timer, if its deadline is not after `now`.
    mutating func takeDue(_ now: LoopInstant) -> LoopTimer? {
        guard let deadline = nextDeadline(), deadline <= now else { return nil }
        return removeFirst()
    }

    private mutating func removeFirst() -> LoopTimer? {
        guard let first = heap.first else { return nil }
        let last = heap.removeLast()
        if heap.isEmpty { return first }
        heap[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
                if heap[child].deadline < heap[least].deadline { least = child }
            }
            if least == parent { return first }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
