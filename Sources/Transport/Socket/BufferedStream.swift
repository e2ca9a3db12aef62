/// A ``ByteStream`` with two buffers: received bytes not yet decoded, and bytes not yet written.
///
/// Output is written once, at the end of the loop's tick. Whoever has appended ``highWaterBytes`` must ``drain()``,
/// which writes at once and waits until the peer has taken enough: this is the only buffer between a producer and a
/// slow peer. Everything is confined to the loop's thread, where the actors pinned to the loop and the loop's events
/// call in.
package final class BufferedStream: ReadinessHandler, EndOfTickHandler, @unchecked Sendable {
    package static let highWaterBytes = 64 * 1024

    package let loop: EventLoop
    package let stream: any ByteStream
    package var input = ByteBuffer()
    package private(set) var output = ByteBuffer()

    /// Set once, when nothing more can be written, nor read past what ``input`` holds.
    package private(set) var failure: StreamFailure?
    /// Set once, when nothing more can be written while reading continues; see ``keepsReadingAfterFailedWrite``.
    package private(set) var writeFailure: StreamFailure?
    /// Whether a failed write leaves the stream open for reading: what the peer sent before it went away can still be
    /// read.
    package var keepsReadingAfterFailedWrite = false
    /// Whether a read that takes too long leaves the stream open for writing: the peer can still be told about it.
    package var keepsWritingAfterSlowRead = false
    /// Whether the last read took too long, until another deadline is set.
    package private(set) var readHasTimedOut = false
    /// Whether the peer has finished sending; writing may go on.
    package private(set) var inputHasEnded = false

    /// Called, for use instead of a waiting task, when there may be something to read or the stream has failed.
    package var onReadable: (() -> Void)?
    /// Called when the output has fallen below the high-water mark after having been above it.
    package var onRoomToWrite: (() -> Void)?

    /// The total number of bytes that the underlying stream has taken.
    package private(set) var writtenCount = 0

    /// How long written bytes may wait for a peer that accepts none.
    package var writeStallLimit: Duration = .seconds(60)

    /// The number of bytes that may pass in one tick before the loop's other connections have their turn.
    private static let bytesPerTurn = 256 * 1024
    /// The minimum cost of a read, or of an exchange of messages.
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

    /// Reads the available bytes into ``input``.
    ///
    /// - Returns: true if bytes were read; `nil` if none are available now; false once the peer has finished sending,
    ///   the read has timed out, or the stream has failed.
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

    /// Like ``fill()``, but waits while no bytes are available.
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

    /// Counts the work of this tick, in bytes; returns true if it is so much that the caller should ``waitForTurn()``.
    package func spend(_ cost: Int) -> Bool {
        if loop.now != turn { (turn, spentInTurn) = (loop.now, 0) }
        spentInTurn += cost
        return spentInTurn >= Self.bytesPerTurn
    }

    /// Returns in the next tick of the loop, after the loop has polled its sockets.
    ///
    /// Otherwise a peer that sends as fast as it is read would keep the loop to itself, as its reader would never wait.
    package nonisolated(nonsending) func waitForTurn() async {
        await withUnsafeContinuation { continuation in
            waitingForTurn.append(continuation)
            callAtEndOfTick()
        }
    }

    /// Returns true once bytes can pass, or false if the stream fails first.
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

    /// Sets a time limit for reading: when it passes, the stream fails with `.timedOut` or, with
    /// ``keepsWritingAfterSlowRead``, yields no bytes until another limit is set.
    ///
    /// `nil` removes the limit.
    package func setReadDeadline(_ duration: Duration?) {
        readHasTimedOut = false
        readDeadline.set(duration, on: loop) { [weak self] in self?.checkReadDeadline() }
    }

    private func checkReadDeadline() {
        if readDeadline.hasPassed(on: loop, { [weak self] in self?.checkReadDeadline() }) { expireReads() }
    }

    /// Ends the reads in progress and those to come as if their deadline had passed; see ``setReadDeadline(_:)``.
    package func expireReads() {
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

    /// Lets `body` append to the output, which is written at the end of the tick.
    ///
    /// After a failure, nothing is appended.
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

    /// Writes as much of the output as the peer takes now.
    package func flush() {
        while failure == nil && !output.isEmpty {
            switch output.withReadableBytes(stream.write) {
            case .bytes(let count):
                output.consume(count)
                writtenCount &+= count
                setWriteDeadline(nil)
            case .wouldBlock:
                // Counted from when the peer took the last byte, however much is appended meanwhile.
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

    /// Stops writing, dropping even what has been appended, while reading continues.
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

    /// Whether a producer should wait before appending more.
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

    /// The number of written bytes that the peer has not acknowledged yet, whether they wait here or in the system.
    package var outstandingCount: Int { output.count + stream.unacknowledgedCount }
    /// The number of bytes appended so far.
    package var appendedCount: Int { writtenCount &+ output.count }
    /// The number of bytes that the peer's system has taken; over TLS a lower bound, as the system counts whole records.
    package var takenCount: Int { writtenCount &- stream.unacknowledgedCount }

    // MARK: Ending

    /// Tells the peer that nothing more will be sent; the output must have been drained.
    package func finishWriting() { stream.finishWriting() }

    /// Closes at once; unwritten output is lost.
    ///
    /// Waiting tasks are resumed. Further calls have no effect.
    package func close() { fail(.closed) }

    /// Closes at once and resets the connection, so that the peer cannot take what it has for everything.
    package func reset() {
        if failure == nil { stream.resetOnClose() }
        fail(.closed)
    }

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
