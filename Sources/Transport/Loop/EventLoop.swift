import Glibc
import Synchronization

/// One thread with one epoll instance, and a serial executor: the actors pinned to a loop run on its thread, between
/// the events of their sockets.
///
/// A loop lives as long as the process. Code on it must not block; service code runs on a ``ServiceExecutor``.
///
/// All actors of a loop share one executor object, and every task that calls into them prefers the loop's
/// `taskExecutor`, so that calls between them do not go through a queue and a continuation resumed by the loop stays on
/// it. `startTask(_:)` starts such a task.
public final class EventLoop: SerialExecutor, @unchecked Sendable {
    // Safe to share: mutable state that is neither in `foreign` nor atomic is touched only on the loop's own thread,
    // which `isCurrent` checks.
    private var poller: Poller
    private let wakeUp: WakeUp
    private var jobs = JobRing()
    private var timers = TimerHeap()
    private var flushes: [any EndOfTickHandler] = []
    private var flushing: [any EndOfTickHandler] = []
    package let blocks = BlockPool()

    private let foreign = Locked(Foreign())
    private let foreignPending = Atomic<Bool>(false)
    private let sleeping = Atomic<Bool>(false)
    private let thread = Atomic<UInt>(0)
    private let tasks = Atomic<Int>(0)

    /// The executor to prefer for tasks that live on this loop.
    package let taskExecutor: LoopTaskExecutor

    /// The time of the current tick, taken once per tick.
    package private(set) var now: LoopInstant = EventLoop.monotonicNow()

    /// The work that other threads have asked for.
    private struct Foreign: Sendable {
        var jobs: [LoopJob] = []
        var calls: [@Sendable () -> Void] = []
    }

    /// The maximum number of jobs that run before the loop writes their output and polls its sockets.
    private static let jobsPerTick = 4096

    init() throws(SystemError) {
        let poller = try Poller()
        wakeUp = poller.wakeUp
        self.poller = poller
        taskExecutor = LoopTaskExecutor()
        taskExecutor.bind(to: self)
    }

    // MARK: Executor

    /// Queues a job of an actor pinned to this loop.
    public func enqueue(_ job: consuming ExecutorJob) {
        enqueue(LoopJob(job: UnownedJob(job), role: .serial))
    }

    /// Returns the loop as the executor of its actors.
    public func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }

    /// Traps if the caller is not on this loop's thread.
    public func checkIsolated() {
        precondition(isCurrent, "this code belongs to an event loop's thread, and runs on another")
    }

    /// Whether the caller is on this loop's thread.
    public func isIsolatingCurrentContext() -> Bool? { isCurrent }

    func enqueue(_ job: LoopJob) {
        if isCurrent {
            jobs.append(job)
        } else {
            foreign.withLock { $0.jobs.append(job) }
            wakeForForeignWork()
        }
    }

    /// Whether the caller is on this loop's thread.
    package var isCurrent: Bool { thread.load(ordering: .relaxed) == UInt(pthread_self()) }

    /// Runs `call` on the loop's thread: at once if already there, otherwise in one of the next ticks.
    package func execute(_ call: @escaping @Sendable () -> Void) {
        if isCurrent { return call() }
        foreign.withLock { $0.calls.append(call) }
        wakeForForeignWork()
    }

    /// The number of tasks that have been started on this loop and have not ended.
    package var taskCount: Int { tasks.load(ordering: .relaxed) }

    /// Starts a task that lives on this loop.
    @discardableResult
    package func startTask<R: Sendable>(_ body: @escaping @Sendable () async -> R) -> Task<R, Never> {
        tasks.add(1, ordering: .relaxed)
        return Task(executorPreference: taskExecutor) {
            defer { self.tasks.subtract(1, ordering: .relaxed) }
            return await body()
        }
    }

    /// Starts a throwing task that lives on this loop.
    @discardableResult
    package func startThrowingTask<R: Sendable>(
        _ body: @escaping @Sendable () async throws -> R
    ) -> Task<R, any Error> {
        tasks.add(1, ordering: .relaxed)
        return Task(executorPreference: taskExecutor) {
            defer { self.tasks.subtract(1, ordering: .relaxed) }
            return try await body()
        }
    }

    private func wakeForForeignWork() {
        foreignPending.store(true, ordering: .sequentiallyConsistent)
        if sleeping.exchange(false, ordering: .sequentiallyConsistent) { wakeUp.wake() }
    }

    // MARK: Descriptors and timers, on the loop's thread

    func add(_ fileDescriptor: Int32, _ handler: any ReadinessHandler) throws(SystemError) -> Poller.Key {
        assert(isCurrent, "a descriptor belongs to its loop's thread")
        return try poller.add(fileDescriptor, handler)
    }

    func remove(_ fileDescriptor: Int32, _ key: Poller.Key) { poller.remove(fileDescriptor, key) }

    /// Calls `action` on the loop's thread when `delay` has passed.
    ///
    /// Must be called on the loop's thread.
    package func schedule(after delay: Duration, _ action: @escaping () -> Void) -> LoopTimer {
        schedule(at: now &+ delay.nanoseconds, action)
    }

    package func schedule(at deadline: LoopInstant, _ action: @escaping () -> Void) -> LoopTimer {
        timers.insert(at: deadline, action)
    }

    /// Calls `handler` once, when the jobs of this tick have run.
    func callAtEndOfTick(_ handler: any EndOfTickHandler) { flushes.append(handler) }

    // MARK: The loop

    func run() {
        thread.store(UInt(pthread_self()), ordering: .relaxed)
        while true {
            runJobs()
            runEndOfTick()
            let timeout = timeUntilNextWork()
            let count = poll(timeout)
            now = Self.monotonicNow()
            for index in 0..<count {
                if let (handler, readiness) = poller.event(index) { handler.signal(readiness) }
            }
            while let timer = timers.takeDue(now) { timer.fire() }
        }
    }

    private func runJobs() {
        takeForeignWork()
        let serial = asUnownedSerialExecutor()
        let task = taskExecutor.asUnownedTaskExecutor()
        var budget = Self.jobsPerTick
        while budget > 0, let job = jobs.popFirst() {
            budget -= 1
            switch job.role {
            case .serial: job.job.runSynchronously(isolatedTo: serial, taskExecutor: task)
            case .task: job.job.runSynchronously(on: task)
            }
        }
    }

    private func takeForeignWork() {
        guard foreignPending.exchange(false, ordering: .sequentiallyConsistent) else { return }
        let work = foreign.withLock { work in
            let taken = work
            work = Foreign()
            return taken
        }
        for job in work.jobs { jobs.append(job) }
        for call in work.calls { call() }
    }

    private func runEndOfTick() {
        swap(&flushes, &flushing)
        for handler in flushing { handler.endOfTick() }
        flushing.removeAll(keepingCapacity: true)
    }

    private func timeUntilNextWork() -> Int32 {
        if !jobs.isEmpty || !flushes.isEmpty { return 0 }
        guard let deadline = timers.nextDeadline() else { return -1 }
        let milliseconds = (max(0, deadline &- Self.monotonicNow()) + 999_999) / 1_000_000
        return Int32(min(milliseconds, 3_600_000))
    }

    /// Waits for events, sleeping only if no other thread has asked for anything meanwhile.
    ///
    /// A thread that asks sets `foreignPending` before it reads `sleeping`; this one sets `sleeping` before it reads
    /// `foreignPending`.
    private func poll(_ timeout: Int32) -> Int {
        if timeout == 0 { return poller.wait(timeoutMilliseconds: 0) }
        sleeping.store(true, ordering: .sequentiallyConsistent)
        let mustWork = foreignPending.load(ordering: .sequentiallyConsistent)
        let count = poller.wait(timeoutMilliseconds: mustWork ? 0 : timeout)
        sleeping.store(false, ordering: .sequentiallyConsistent)
        return count
    }

    /// Returns the monotonic time, for use where the time of the tick is not exact enough.
    package static func monotonicNow() -> LoopInstant {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}

/// A handler that is called once, after the jobs of the tick in which it was added, to write what they appended in one
/// system call.
protocol EndOfTickHandler: AnyObject {
    func endOfTick()
}
