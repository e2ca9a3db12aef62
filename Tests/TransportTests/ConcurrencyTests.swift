import Testing

@testable import BenchmarkTransport

@Suite("Loops, channels and executors")
struct ConcurrencyTests {
    struct Failure: Error, Equatable {}

    @Test("a channel keeps the order of each producer and loses nothing", arguments: [1, 10, 1000])
    func channel(_ capacity: Int) async throws {
        let channel = BoundedChannel<Int>(capacity: capacity)
        let loop = EventLoopGroup.shared.next()
        let producers = (0..<4).map { producer in
            loop.startTask { for index in 0..<500 { try? await channel.send(producer * 1000 + index) } }
        }
        loop.startTask {
            for producer in producers { await producer.value }
            channel.finish()
        }
        var taken: [Int] = []
        while let batch = try await channel.nextBatch() {
            #expect(batch.count <= capacity)
            taken += batch
        }
        for producer in 0..<4 {
            #expect(taken.filter { $0 / 1000 == producer } == (0..<500).map { producer * 1000 + $0 })
        }
    }

    @Test("elements sent before the end are delivered before the error")
    func finishing() async throws {
        let channel = BoundedChannel<Int>(capacity: 10)
        try await channel.send(1)
        channel.finish(throwing: Failure())
        #expect(try await channel.nextBatch() == [1])
        await #expect(throws: Failure.self) { try await channel.nextBatch() }
        #expect(try await channel.nextBatch() == nil)
    }

    @Test("a waiting producer is released when the consumer leaves or its own task is cancelled")
    func leaving() async throws {
        for cancelsTask in [true, false] {
            let channel = BoundedChannel<Int>(capacity: 1)
            try await channel.send(0)
            let producer = EventLoopGroup.shared.next().startThrowingTask { try await channel.send(1) }
            if cancelsTask { producer.cancel() } else { channel.cancel() }
            await #expect(throws: CancellationError.self) { try await producer.value }
        }
    }

    @Test("an event releases everybody who waits for it, and anyone who waits later")
    func event() async {
        let event = OneShotEvent()
        let waiting = (0..<10).map { _ in EventLoopGroup.shared.next().startTask { await event.wait() } }
        event.fire()
        event.fire()
        for task in waiting { await task.value }
        await event.wait()
    }

    @Test("a wait for an event ends when its task is cancelled")
    func cancelledWait() async {
        let event = OneShotEvent()
        let task = EventLoopGroup.shared.next().startThrowingTask { try await event.waitUnlessCancelled() }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(!event.hasFired)
    }

    @Test("a cancelled sleep ends at once")
    func cancelledSleep() async {
        let loop = EventLoopGroup.shared.next()
        let task = loop.startThrowingTask { try await loop.sleep(for: .seconds(86_400)) }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test("a deadline ends its operation and waits for the cleanup")
    func deadline() async throws {
        let loop = EventLoopGroup.shared.next()
        let cleaned = OneShotEvent()
        await #expect(throws: Failure.self) {
            try await loop.withDeadline(.milliseconds(1), timeout: Failure()) {
                defer { cleaned.fire() }
                try await OneShotEvent().waitUnlessCancelled()
            }
        }
        #expect(cleaned.hasFired)
        #expect(try await loop.withDeadline(.seconds(60), timeout: Failure()) { 7 } == 7)
    }

    @Test("timers fire in the order of their deadlines, and cancelled ones never fire")
    func timers() async {
        let loop = EventLoopGroup.shared.next()
        let fired = Locked<[Int]>([])
        let done = OneShotEvent()
        loop.execute {
            let delays = [5, 1, 4, 2, 3]
            let timers = delays.map { delay in
                loop.schedule(after: .milliseconds(delay)) { fired.withLock { $0.append(delay) } }
            }
            timers[2].cancel()
            _ = loop.schedule(after: .milliseconds(6)) { done.fire() }
        }
        await done.wait()
        #expect(fired.withLock { $0 } == [1, 2, 3, 5])
    }

    @Test("cancelled timers do not pile up until they are due, and the others keep their order")
    func cancelledTimers() {
        var heap = TimerHeap()
        var (kept, largest) = ([LoopInstant](), 0)
        for index in 0..<100_000 {
            let deadline = LoopInstant(index * 7919 % 100_003)
            let timer = heap.insert(at: deadline) {}
            if index % 1000 == 0 { kept.append(deadline) } else { timer.cancel() }
            largest = max(largest, heap.count)
        }
        #expect(largest <= 2 * kept.count + TimerHeap.maxCancelled + 2)
        var taken: [LoopInstant] = []
        while let timer = heap.takeDue(.max) { taken.append(timer.deadline) }
        #expect(taken == kept.sorted())
    }

    @Test("tasks of an event loop and actors pinned to it stay on its thread")
    func pinning() async {
        actor Pinned {
            nonisolated let loop: EventLoop
            nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
            init(_ loop: EventLoop) { self.loop = loop }
            func isHome() -> Bool { loop.isCurrent }
        }
        let loop = EventLoopGroup.shared.next()
        let pinned = Pinned(loop)
        #expect(await pinned.isHome())
        let seen = await loop.startTask {
            let before = loop.isCurrent
            let inside = await pinned.isHome()
            await Task.yield()
            return [before, inside, loop.isCurrent]
        }.value
        #expect(seen == [true, true, true])
    }

    @Test("a service executor has no more threads than its maximum, and runs all jobs")
    func ceiling() async {
        let executor = ServiceExecutor(maxThreads: 3)
        let count = Locked(0)
        let tasks = (0..<100).map { _ in
            executor.startTask {
                await Task.yield()
                count.withLock { $0 += 1 }
            }
        }
        for task in tasks { await task.value }
        #expect(count.withLock { $0 } == 100)
        #expect(executor.threadCount <= 3)
    }

    @Test("if no thread can be started, a job waits until one can, and nothing crashes")
    func noThread() async {
        struct Ceiling: Sendable { var refusals = 0 }
        let ceiling = Locked(Ceiling())
        let executor = ServiceExecutor(maxThreads: 3, name: "few", idleSeconds: 1) { (name, body) throws(SystemError) in
            let isRefused = ceiling.withLock { ceiling -> Bool in
                ceiling.refusals += 1
                return ceiling.refusals <= 4
            }
            if isRefused { throw SystemError(errorNumber: 11, operation: "pthread_create") }
            try startThread(name: name, body)
        }
        let tasks = (0..<3).map { _ in executor.startTask {} }
        for task in tasks { await task.value }
        #expect(ceiling.withLock { $0.refusals } > 4)
    }

    @Test("a buffer keeps its bytes however it grows and is consumed")
    func buffer() {
        var buffer = ByteBuffer()
        var expected: [UInt8] = []
        for round in 0..<2000 {
            let bytes = (0..<(round * 37 % 301)).map { UInt8(truncatingIfNeeded: $0 + round) }
            buffer.append(contentsOf: bytes)
            expected += bytes
            let taken = round * 53 % 290
            #expect(buffer.take(taken) == Array(expected.prefix(taken)))
            expected.removeFirst(min(taken, expected.count))
            #expect(buffer.count == expected.count)
        }
        #expect(buffer.withReadableBytes { Array($0) } == expected)
    }
}
