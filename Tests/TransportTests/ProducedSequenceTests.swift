import TestSupport
import Testing

@testable import BenchmarkTransport

@Suite("Sequences written by a closure", .timeLimit(.minutes(1)))
struct ProducedSequenceTests {
    /// An element that tells when it is released.
    private final class Marker: Sendable {
        let isReleased: OneShotEvent
        init(_ isReleased: OneShotEvent) { self.isReleased = isReleased }
        deinit { isReleased.fire() }
    }

    private let loop = EventLoopGroup.shared.next()

    private func sequence<Element: Sendable>(
        of type: Element.Type,
        _ body: @escaping @Sendable (BoundedChannel<Element>) async throws -> Void
    ) -> ProducedSequence<Element> {
        ProducedSequence(capacity: 10_000, launch: { [loop] in loop.startTask($0) }, body: body)
    }

    @Test("a cancelled iteration throws and does not end like a complete one")
    func cancelled() async throws {
        let sequence = sequence(of: Int.self) { channel in
            try await channel.send(1)
            try await OneShotEvent().waitUnlessCancelled()
        }
        let hasElement = OneShotEvent()
        let task = loop.startThrowingTask { for try await _ in sequence { hasElement.fire() } }
        await hasElement.wait()
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test("a consumer that leaves a finished channel gets the end only if it has everything", arguments: [true, false])
    func leavingAtTheEnd(_ hasEverything: Bool) async throws {
        let channel = BoundedChannel<Int>(capacity: 10)
        try await channel.send(1)
        channel.finish()
        if hasEverything { #expect(try await channel.nextBatch() == [1]) }
        channel.cancel()
        if hasEverything {
            #expect(try await channel.nextBatch() == nil)
        } else {
            await #expect(throws: CancellationError.self) { try await channel.nextBatch() }
        }
    }

    @Test("an element is released once it has been returned, even if others arrived with it")
    func release() async throws {
        let (isFirstReleased, isSecondReleased) = (OneShotEvent(), OneShotEvent())
        let sequence = sequence(of: Marker.self) { channel in
            try await channel.send(Marker(isFirstReleased))
            try await channel.send(Marker(isSecondReleased))
        }
        try await loop.startThrowingTask {
            let iterator = sequence.makeAsyncIterator()
            _ = try await iterator.next()
            await until { isFirstReleased.hasFired }
            #expect(!isSecondReleased.hasFired)
            while try await iterator.next() != nil {}
        }.value
    }

    @Test("a batch that has been returned lends its capacity to a later one")
    func storage() async throws {
        let mayGoOn = OneShotEvent()
        let sequence = sequence(of: Int.self) { channel in
            for index in 0..<1000 { try await channel.send(index) }
            await mayGoOn.wait()
            try await channel.send(1000)
        }
        // Both run on one loop, so each goes on until it waits.
        try await loop.startThrowingTask {
            let iterator = sequence.makeAsyncIterator()
            for index in 0..<1000 { #expect(try await iterator.next() == index) }
            mayGoOn.fire()
            let last = try await iterator.nextBatch()
            #expect(last == [1000])
            #expect(last?.capacity ?? 0 >= 1000)
        }.value
    }

    @Test("a call forgets the producers that have ended, and awaits the others at its end")
    func scope() async throws {
        let scope = ProducerScope()
        let (hasBegun, isCleanedUp) = (OneShotEvent(), OneShotEvent())
        let (short, endless) = (
            sequence(of: Int.self) { try await $0.send(1) },
            sequence(of: Int.self) { channel in
                defer { isCleanedUp.fire() }
                try await channel.send(1)
                try await OneShotEvent().waitUnlessCancelled()
            }
        )
        try await ProducerScope.$current.withValue(scope) {
            for _ in 0..<100 { for try await element in short { #expect(element == 1) } }
            await until { scope.count == 0 }
            for try await _ in endless {
                hasBegun.fire()
                break
            }
        }
        #expect(hasBegun.hasFired)
        await scope.end()
        #expect(isCleanedUp.hasFired)
        #expect(scope.count == 0)
    }

    // MARK: Tickets

    @Test("nothing is kept for a task that is cancelled when its wait for an event is already over")
    func eventTicket() async throws {
        let event = OneShotEvent()
        let task = loop.startThrowingTask { try await event.waitUnlessCancelled() }
        await until { event.ticketCount == 1 }
        loop.execute {
            event.fire()
            task.cancel()
        }
        try await task.value
        #expect(event.ticketCount == 0)
    }

    @Test("nothing is kept for a producer that is cancelled when its wait for room is already over")
    func channelTicket() async throws {
        let channel = BoundedChannel<Int>(capacity: 1)
        try await channel.send(0)
        let producer = loop.startThrowingTask { try await channel.send(1) }
        await until { channel.ticketCount == 1 }
        try await loop.startThrowingTask {
            _ = try await channel.nextBatch()
            producer.cancel()
        }.value
        await #expect(throws: CancellationError.self) { try await producer.value }
        #expect(channel.ticketCount == 0)
    }
}
