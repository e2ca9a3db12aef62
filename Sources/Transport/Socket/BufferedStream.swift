/// A ``ByteStream`` with its two buffers: bytes in, not yet decoded, and bytes out, not yet written.
///
/// What is appended to the output is written once, at the end of the loop's tick, or when ``highWaterBytes`` have
/// gathered. Whoever produces more must ``drain()``, which waits until the peer has taken it: the only buffer between
/// a producer and a slow peer is this one. All of it is confined to the loop's thread; the actors pinned to the loop
/// call in, and so do the loop's events.
package final class BufferedStream: ReadinessHandler, EndOfTickHandler, @unchecked Sendable {
    package static let highWaterBytes = 64 * 1024

    package let loop: EventLoop
    package let stream: any ByteStream
    package var input = ByteBuffer()
    package private(set) var output = ByteBuffer()

    /// Set once, when the stream is of no further use for writing, and for reading behind what ``input`` holds.
    package private(set) var failure: StreamFailure?
    /// Set once, when nothing more can be written while reading goes on; see ``keepsReadingAfterFailedWrite``.
    package private(set) var writeFailure: StreamFailure?
    /// Whether a write that fails leaves the stream open for reading: what the peer sent before it went away is still to
    /// be had from the system.
    package var keepsReadingAfterFailedWrite = false
    /// Whether a read that takes too long leaves the stream open for writing: the peer may still be told so.
    package var keepsWritingAfterSlowRead = false
    /// Whether the last read took too long, until another deadline is set.
    package private(set) var readHasTimedOut = false
    /// Whether the peer has finished sending; writing may go on.
    package private(set) var inputHasEnded = false

    /// Instead of a waiting task: is called when there may be something to read, or the stream has failed.
    package var onReadable: (() -> Void)?
    /// Is called when the output has fallen below the high-water mark after it had stood above.
    package var onRoomToWrite: (() -> Void)?

    /// How many bytes the stream below has taken in all.
    package private(set) var writtenCount = 0

    /// The longest that written bytes may wait for a peer that takes none.
    package var writeStallLimit: Duration = .seconds(60)

    /// How many bytes may pass in one tick before the other connections of the loop have their turn.
    private static let bytesPerTurn = 256 * 1024
    /// What a read counts for at least, and an exchange of messages.
    package static let smallestCost = 4096

    private var readers: [UnsafeContinuation<Void, Never>] = []
    private var turn = LoopInstant.min
    private var spentInTurn = 0
    private var waitingForTurn: [UnsafeContinuation<Void, Never>] = []
    private var drainers: [UnsafeContinuation<Void, Never>] = []
    private var awaitsEndOfTick = false
    private var wasAboveHighWater = false
    private var readDeadline = LazyDeadline()
    private var writeDeadline = LazyDeadline()

    package init(_ stream: any ByteStream, on loop: EventLoop) {
        self.stream = stream
        self.loop = loop
        stream.owner = self
    }

    package func signal(_ readiness: Readiness) {
        if readiness.contains(.writable) || !readiness.isDisjoint(with: .hangup) { flush() }
        if !readiness.isDisjoint(with: [.readable, .hangup]) { wakeReader() }
    }

    // MARK: Reading

    /// Reads what is there into ``input``.
    ///
    /// - Returns: whether bytes came; nil if there are none now. Once the peer has finished, or the stream has failed,
    ///   false for ever.
    package func fill() -> Bool? {
        if inputHasEnded || readHasTimedOut || failure != nil { return false }
        loop.blocks.rent(for: &input)
        var result = IOResult.wouldBlock
        input.write(atLeast: 2048) { free in
            result = stream.read(into: free)
            return if case .bytes(let count) = result { count } else { 0 }
        }
        switch result {
        case .bytes: return true
        case .wouldBlock:
            loop.blocks.giveBack(from: &input)
            return nil
        case .end:
            inputHasEnded = true
            return false
        case .failed(let reason):
            fail(reason)
            return false
        }
    }

    /// As ``fill()``, but waits until there is an answer.
    package nonisolated(nonsending) func fillOrWait() async -> Bool {
        while true {
            let before = input.count
            if let answer = fill() {
                if answer && spend(max(Self.smallestCost, input.count - before)) { await waitForTurn() }
                return answer
            }
            await withUnsafeContinuation { readers.append($0) }
        }
    }

    /// Counts work of this tick, in bytes; true if it was so much that the caller should ``waitForTurn()``.
    package func spend(_ cost: Int) -> Bool {
        if loop.now != turn { (turn, spentInTurn) = (loop.now, 0) }
        spentInTurn += cost
        return spentInTurn >= Self.bytesPerTurn
    }

    /// Returns in the next tick of the loop, which has looked at its sockets before.
    ///
    /// A peer that sends as fast as it is read would else keep the loop for itself: nothing would ever have to be waited
    /// for.
    package nonisolated(nonsending) func waitForTurn() async {
        await withUnsafeContinuation { continuation in
            waitingForTurn.append(continuation)
            callAtEndOfTick()
        }
    }

    /// Returns when bytes can pass, or with false when the stream has failed first.
    package nonisolated(nonsending) func establish() async -> Bool {
        while failure == nil {
            if readHasTimedOut { fail(.timedOut) }
            switch stream.establish() {
            case .bytes: return true
            case .wouldBlock: await withUnsafeContinuation { readers.append($0) }
            case .end: fail(.endOfStream)
            case .failed(let reason): fail(reason)
            }
        }
        return false
    }

    /// Sets a limit for the reads to come: if it passes, the stream fails with `.timedOut`, or, with
    /// ``keepsWritingAfterSlowRead``, gives no bytes until there is another limit.
    ///
    /// Nil takes it away.
    package func setReadDeadline(_ duration: Duration?) {
        readHasTimedOut = false
        readDeadline.set(duration, on: loop) { [weak self] in self?.checkReadDeadline() }
    }

    private func checkReadDeadline() {
        guard readDeadline.hasPassed(on: loop, { [weak self] in self?.checkReadDeadline() }) else { return }
        if !keepsWritingAfterSlowRead { return fail(.timedOut) }
        readHasTimedOut = true
        wakeReader()
    }

    private func wakeReader() {
        let waiting = readers
        readers = []
        for reader in waiting { reader.resume() }
        onReadable?()
    }

    // MARK: Writing

    /// Lets `body` append to the output, which leaves at the end of the tick.
    ///
    /// After a failure nothing is appended.
    package func write(_ body: (inout ByteBuffer) -> Void) {
        if failure != nil || writeFailure != nil { return }
        loop.blocks.rent(for: &output)
        body(&output)
        if isAboveHighWater { wasAboveHighWater = true }
        callAtEndOfTick()
    }

    private func callAtEndOfTick() {
        if awaitsEndOfTick { return }
        awaitsEndOfTick = true
        loop.callAtEndOfTick(self)
    }

    func endOfTick() {
        awaitsEndOfTick = false
        flush()
        if waitingForTurn.isEmpty { return }
        let waiting = waitingForTurn
        waitingForTurn = []
        for continuation in waiting { continuation.resume() }
    }

    /// Writes out what the peer takes now.
    package func flush() {
        while failure == nil && !output.isEmpty {
            switch output.withReadableBytes(stream.write) {
            case .bytes(let count):
                output.consume(count)
                writtenCount &+= count
                setWriteDeadline(nil)
            case .wouldBlock:
                // From when the peer took the last byte, however much is appended meanwhile.
                if !writeDeadline.isSet { setWriteDeadline(writeStallLimit) }
                return wakeDrainersIfBelowHighWater()
            case .end: failWriting(.endOfStream)
            case .failed(let reason): failWriting(reason)
            }
        }
        loop.blocks.giveBack(from: &output)
        wakeDrainersIfBelowHighWater()
    }

    private func failWriting(_ reason: StreamFailure) {
        if !keepsReadingAfterFailedWrite { return fail(reason) }
        writeFailure = writeFailure ?? reason
        output.consume(output.count)
        writeDeadline.clear()
    }

    /// Writes nothing more, not even what has been appended, and goes on reading.
    package func stopWriting() {
        keepsReadingAfterFailedWrite = true
        if failure != nil { return }
        failWriting(.closed)
        wakeDrainersIfBelowHighWater()
    }

    private func setWriteDeadline(_ duration: Duration?) {
        writeDeadline.set(duration, on: loop) { [weak self] in self?.checkWriteDeadline() }
    }

    private func checkWriteDeadline() {
        if writeDeadline.hasPassed(on: loop, { [weak self] in self?.checkWriteDeadline() }) { fail(.timedOut) }
    }

    /// Whether a producer should wait before it appends more.
    package var isAboveHighWater: Bool { output.count >= Self.highWaterBytes }

    /// Returns once there is room in the output buffer, or the stream has failed.
    package nonisolated(nonsending) func drain() async {
        if isAboveHighWater {
            let before = writtenCount
            flush()
            if spend(writtenCount &- before) { await waitForTurn() }
        }
        while isAboveHighWater && failure == nil {
            await withUnsafeContinuation { drainers.append($0) }
        }
    }

    /// Returns once everything appended has been handed to the system, or the stream has failed.
    package nonisolated(nonsending) func drainCompletely() async {
        flush()
        while !output.isEmpty && failure == nil {
            await withUnsafeContinuation { drainers.append($0) }
        }
    }

    private func wakeDrainersIfBelowHighWater() {
        if isAboveHighWater && failure == nil {
            wasAboveHighWater = true
            return
        }
        if wasAboveHighWater {
            wasAboveHighWater = false
            onRoomToWrite?()
        }
        if drainers.isEmpty { return }
        let waiting = drainers
        drainers = []
        for drainer in waiting { drainer.resume() }
    }

    /// How much of what was written the peer has not taken yet: what waits here, and what waits in the system.
    package var outstandingCount: Int { output.count + stream.unacknowledgedCount }
    /// The number of bytes appended so far.
    package var appendedCount: Int { writtenCount &+ output.count }
    /// The number of bytes that the peer's system has taken; over TLS a lower bound, as the system counts whole records.
    package var takenCount: Int { writtenCount &- stream.unacknowledgedCount }

    // MARK: Ending

    /// Tells the peer that nothing more will be sent; what was appended must have been drained.
    package func finishWriting() { stream.finishWriting() }

    /// Closes at once; what was not written is lost.
    ///
    /// Whoever waits goes on. Harmless when repeated.
    package func close() { fail(.closed) }

    /// Ends the use of the stream for the given reason and releases its descriptor.
    package func fail(_ reason: StreamFailure) {
        if failure != nil { return }
        failure = reason
        stream.close()
        readDeadline.clear()
        writeDeadline.clear()
        output.consume(output.count)
        loop.blocks.giveBack(from: &output)
        wakeDrainersIfBelowHighWater()
        wakeReader()
        onReadable = nil
        onRoomToWrite = nil
    }
}
