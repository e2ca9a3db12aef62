/// A job of the concurrency runtime, with the role in which the loop was asked to run it.
///
/// The roles must be kept apart. A job for the loop's actors runs as isolated to the loop; a job of nonisolated code
/// that merely prefers the loop must not claim that, or each of its steps would go through the queue.
struct LoopJob: Sendable {
    enum Role: Sendable { case serial, task }
    let job: UnownedJob
    let role: Role
}

/// The executor that tasks prefer in order to stay on a loop: the same queue, entered in the other role.
package final class LoopTaskExecutor: TaskExecutor, @unchecked Sendable {
    // Safe to share: `loop` is set once, before the loop's thread starts, and loops live as long as the process.
    private unowned(unsafe) var loop: EventLoop?

    func bind(to loop: EventLoop) { self.loop = loop }

    package func enqueue(_ job: consuming ExecutorJob) {
        loop?.enqueue(LoopJob(job: UnownedJob(job), role: .task))
    }

    package func asUnownedTaskExecutor() -> UnownedTaskExecutor { UnownedTaskExecutor(ordinary: self) }
}

/// The jobs of one loop in order of arrival, in a growing ring, so that a steady load allocates nothing.
struct JobRing {
    private var ring: [LoopJob?] = Array(repeating: nil, count: 64)
    private var head = 0
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    mutating func append(_ job: LoopJob) {
        if count == ring.count { grow() }
        ring[(head + count) & (ring.count - 1)] = job
        count += 1
    }

    mutating func popFirst() -> LoopJob? {
        if count == 0 { return nil }
        let job = ring[head]
        head = (head + 1) & (ring.count - 1)
        count -= 1
        return job
    }

    private mutating func grow() {
        var larger: [LoopJob?] = []
        larger.reserveCapacity(ring.count * 2)
        for index in 0..<count { larger.append(ring[(head + index) & (ring.count - 1)]) }
        larger.append(contentsOf: repeatElement(nil, count: ring.count * 2 - count))
        (ring, head) = (larger, 0)
    }
}
