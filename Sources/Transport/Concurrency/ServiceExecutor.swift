import Glibc

/// Threads for code that may block: a task executor that grows with demand, up to a ceiling.
///
/// Service code runs here, entered once per call, so that a method which blocks its thread costs one thread of this
/// executor and nothing else. A thread is added when a job finds none idle, and ends after `idleSeconds` without work.
/// At the ceiling jobs wait their turn in order; the queue is bounded by the number of tasks, since a task has at most
/// one job enqueued.
public final class ServiceExecutor: TaskExecutor {
    /// The maximum number of threads that this executor has at a time.
    public let maxThreads: Int

    private let name: String
    private let idleSeconds: Int
    private let pool = ThreadPool()
    private let start: @Sendable (String, @escaping @Sendable () -> Void) throws(SystemError) -> Void

    /// Creates an executor without any threads.
    ///
    /// - Parameters:
    ///   - maxThreads: the ceiling, at least 1. The default of 64 lets 64 methods block at a time.
    ///   - name: the name of its threads; the system keeps the first 15 bytes.
    ///   - idleSeconds: how long a thread without work is kept.
    public convenience init(maxThreads: Int = 64, name: String = "service", idleSeconds: Int = 10) {
        self.init(maxThreads: maxThreads, name: name, idleSeconds: idleSeconds) { (name, body) throws(SystemError) in
            try startThread(name: name, body)
        }
    }

    /// - Parameter start: starts a thread with the given name.
    init(
        maxThreads: Int,
        name: String,
        idleSeconds: Int,
        start: @escaping @Sendable (String, @escaping @Sendable () -> Void) throws(SystemError) -> Void
    ) {
        self.maxThreads = max(1, maxThreads)
        self.name = name
        self.idleSeconds = max(1, idleSeconds)
        self.start = start
    }

    /// The executor of the toolkit's own blocking calls on files.
    ///
    /// Separate from any service's, so that a service which blocks all its threads does not stop them.
    package static let system = ServiceExecutor(maxThreads: 16, name: "system")

    /// The executor of name resolution.
    ///
    /// Separate from the other calls: callers choose the names, a resolver may be silent for long, and a lookup that
    /// has started cannot be ended.
    package static let names = ServiceExecutor(maxThreads: 16, name: "names")

    /// Queues a job, and starts a thread for it if none is idle and the ceiling allows.
    public func enqueue(_ job: consuming ExecutorJob) {
        if pool.add(UnownedJob(job), maxThreads: maxThreads) { addThread() }
    }

    /// Starts a thread that has already been counted.
    private func addThread() {
        let (pool, idleSeconds) = (pool, idleSeconds)
        let executor = self  // kept until its last thread has ended
        do {
            try start(name) {
                while let job = pool.next(idleSeconds: idleSeconds) {
                    job.runSynchronously(on: executor.asUnownedTaskExecutor())
                }
            }
        } catch {
            // At the system's limit, the job waits for one of the existing threads; if there are none, until one can be
            // started.
            if pool.threadWasNotStarted() == 0 { tryAgainShortly() }
        }
    }

    private func tryAgainShortly() {
        let loop = EventLoopGroup.shared.next()
        loop.execute {
            _ = loop.schedule(after: .milliseconds(50)) { if self.pool.mustStartThread() { self.addThread() } }
        }
    }

    /// The current number of threads, for tests and metrics.
    package var threadCount: Int { pool.threadCount }
}

/// The queue of a ``ServiceExecutor`` and the count of its threads, under one mutex with one condition.
private final class ThreadPool: @unchecked Sendable {
    // Safe to share: everything below is touched with `mutex` held.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var jobs: [UnownedJob] = []
    private var head = 0
    private var threads = 0
    private var idle = 0

    init() {
        mutex.initialize(to: pthread_mutex_t())
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        condition.initialize(to: pthread_cond_t())
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    var threadCount: Int {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return threads
    }

    /// Queues a job; returns true if the caller must start a thread, which has already been counted.
    func add(_ job: UnownedJob, maxThreads: Int) -> Bool {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        jobs.append(job)
        if idle >= jobs.count - head {
            pthread_cond_signal(condition)
            return false
        }
        if threads >= maxThreads { return false }
        threads += 1
        return true
    }

    /// Returns whether jobs wait without any thread; the caller must then start one, which has already been counted.
    func mustStartThread() -> Bool {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        if threads > 0 || head == jobs.count { return false }
        threads += 1
        return true
    }

    /// Uncounts a thread that could not be started; returns how many there are.
    func threadWasNotStarted() -> Int {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        threads -= 1
        return threads
    }

    /// Returns the next job, waiting up to `idleSeconds` for it; `nil` tells the calling thread to end.
    func next(idleSeconds: Int) -> UnownedJob? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        var deadline = timespec()
        clock_gettime(CLOCK_MONOTONIC, &deadline)
        deadline.tv_sec += idleSeconds
        while head == jobs.count {
            idle += 1
            let result = pthread_cond_timedwait(condition, mutex, &deadline)
            idle -= 1
            if result == ETIMEDOUT && head == jobs.count {
                threads -= 1
                return nil
            }
        }
        let job = jobs[head]
        head += 1
        if head == jobs.count {
            jobs.removeAll(keepingCapacity: true)
            head = 0
        } else if head >= 1024 && head * 2 > jobs.count {
            jobs.removeSubrange(..<head)
            head = 0
        }
        return job
    }
}

extension ServiceExecutor {
    /// Runs a blocking function on this executor and returns to the caller's own.
    package func run<R: Sendable>(_ body: @escaping @Sendable () throws -> R) async throws -> R {
        try await withTaskExecutorPreference(self) { try await runHere(body) }
    }

    @concurrent private func runHere<R: Sendable>(_ body: @Sendable () throws -> R) async throws -> R { try body() }
}

extension ServiceExecutor {
    /// The executor of service code that was not started by a server, as in tests.
    package static let shared = ServiceExecutor()

    /// The executor on which the calling service code was entered; inherited by the tasks it starts.
    @TaskLocal package static var current: ServiceExecutor = .shared

    /// Starts a task on this executor.
    package func startTask(_ body: @escaping @Sendable () async -> Void) -> Task<Void, Never> {
        Task(executorPreference: self, operation: body)
    }
}
