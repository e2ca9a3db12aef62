/// The synchronous core of a WebSocket connection: reads whenever the socket is readable, answers Pings and Closes by
/// itself, and queues messages for the receivers.
///
/// Driven by the loop's events rather than by a task, so that neither the code that takes messages nor the code that
/// produces them delays a Pong. Reading stops while the queue is full or the peer takes no answers. Confined to the
/// loop's thread.
final class WebSocketCore: EndOfTickHandler, @unchecked Sendable {
    let stream: BufferedStream
    private let configuration: WebSocketConfiguration
    private var codec: WebSocketProtocol
    private let role: WebSocketRole

    private var queue = FIFO<WebSocketMessage>()
    /// What the queued messages count for.
    private var queuedBytes = 0
    private var receivers: [UnsafeContinuation<Void, Never>] = []

    /// How the connection ended; `nil` while it is open.
    private(set) var end: WebSocketEnd?
    /// How the connection will end once the messages before the end have been taken, and so can still be answered.
    private var pendingEnd: WebSocketEnd?
    /// Fires when ``end`` has been set.
    let ended = OneShotEvent()
    private var closeSent = false

    private var pingTimer: LoopTimer?
    private var pongTimer: LoopTimer?
    private var pongWatch: WebSocketPongWatch?
    private var closeTimer: LoopTimer?
    private var replies = ByteBuffer()
    private var awaitedPongs: [[UInt8]: OneShotEvent] = [:]
    private var continuesNextTick = false

    init(
        _ stream: BufferedStream,
        role: WebSocketRole,
        configuration: WebSocketConfiguration,
        deflate: WebSocketDeflate?
    ) {
        self.stream = stream
        self.role = role
        self.configuration = configuration
        var limits = WebSocketLimits()
        limits.maxMessageBytes = configuration.maxMessageBytes
        codec = WebSocketProtocol(
            role: role,
            limits: limits,
            acceptsInvalidText: configuration.acceptsInvalidText,
            deflate: deflate
        )
    }

    func start() {
        stream.setReadDeadline(nil)
        stream.keepsReadingAfterFailedWrite = true
        stream.onReadable = { [weak self] in self?.readAvailable() }
        stream.onRoomToWrite = { [weak self] in self?.readAvailable() }
        schedulePing()
        readAvailable()
    }

    // MARK: Reading

    /// The maximum number of reads of the socket in one tick, so that a flood on one connection does not starve the
    /// others; a long message counts as several.
    private static let readsPerTick = 16
    private static let bytesPerRead = 65_536

    /// What a message counts for in the queue: its bytes, and what it costs beyond them.
    private static func cost(of message: WebSocketMessage) -> Int { message.byteCount + 64 }

    private var isQueueFull: Bool { queuedBytes >= configuration.maxQueuedBytes }

    /// Whether this side has stopped reading, so that input from the peer is not looked at.
    private var isReadingPaused: Bool { isQueueFull || stream.isAboveHighWater || codec.isHolding }

    private func readAvailable() {
        var reads = 0
        while end == nil && pendingEnd == nil {
            if isQueueFull || stream.isAboveHighWater { return }
            if reads >= Self.readsPerTick { return continueNextTick() }
            // More than the queue would hold is assembled only for a reader that waits for it.
            codec.holdsAbove = receivers.isEmpty ? configuration.maxQueuedBytes : nil
            if let event = codec.next(&stream.input, &replies) {
                sendReplies()
                if case .message(let message) = event { reads += message.byteCount / Self.bytesPerRead }
                receive(event)
                continue
            }
            sendReplies()
            if codec.hasMore { return continueNextTick() }
            if codec.isHolding { return }
            reads += 1
            switch stream.fill() {
            case true?: pongTimer?.cancel()
            case nil: return
            case false?: receiveEnd()
            }
        }
    }

    private func continueNextTick() {
        if continuesNextTick { return }
        continuesNextTick = true
        stream.loop.callAtEndOfTick(self)
    }

    func endOfTick() {
        continuesNextTick = false
        readAvailable()
    }

    private func sendReplies() {
        if replies.isEmpty { return }
        stream.write { output in replies.withReadableBytes { output.append(raw: $0) } }
        replies.consume(replies.count)
    }

    private func receive(_ event: WebSocketEvent) {
        switch event {
        case .message(let message):
            queue.append(message)
            queuedBytes += Self.cost(of: message)
            wakeReceivers()
        case .ping: break
        case .pong(let payload): awaitedPongs.removeValue(forKey: payload)?.fire()
        case .closed(let code, let reason): receiveEnd(.closed(code: code, reason: reason))
        case .failed(let error): receiveEnd(.violation(error))
        }
    }

    /// Handles the end of the peer's messages.
    ///
    /// The Close that answers it waits for the reader of the messages before it, as no answer to them could follow the
    /// Close; but no longer than a peer would wait for it.
    private func receiveEnd(_ end: WebSocketEnd) {
        pendingEnd = end
        pingTimer?.cancel()
        pongTimer?.cancel()
        if queue.isEmpty || closeSent { return answerEnd() }
        closeTimer = stream.loop.schedule(after: configuration.closeTimeout / 2) { [weak self] in self?.answerEnd() }
    }

    private func answerEnd() {
        guard let end = pendingEnd else { return }
        stream.write { output in codec.answerEnd(to: &output) }
        finish(end)
    }

    private func receiveEnd() {
        finish(.lost(stream.failure ?? stream.writeFailure ?? .endOfStream))
    }

    // MARK: Messages

    /// Returns and removes all queued messages, and resumes reading if it had stopped.
    func takeQueue() -> [WebSocketMessage] {
        let wasFull = isQueueFull
        let taken = queue.takeAll()
        queuedBytes = 0
        if wasFull { readAvailable() }
        return taken
    }

    /// Returns and removes the oldest queued message, and resumes reading if it had stopped.
    func takeMessage() -> WebSocketMessage? {
        let wasFull = isQueueFull
        guard let message = queue.takeFirst() else { return nil }
        queuedBytes -= Self.cost(of: message)
        if wasFull { readAvailable() }
        return message
    }

    func awaitMessage(_ continuation: UnsafeContinuation<Void, Never>) {
        if queue.isEmpty { answerEnd() }
        if !queue.isEmpty || end != nil { return continuation.resume() }
        receivers.append(continuation)
        if codec.isHolding { readAvailable() }
    }

    /// Wakes all who wait for a message, so that they look again.
    func wakeReceivers() {
        let waiting = receivers
        receivers = []
        for receiver in waiting { receiver.resume() }
    }

    /// Stops answering Pings.
    func ignorePings() { codec.ignorePings() }

    /// Drops incoming messages from now on.
    func ignoreMessages() {
        codec.discardMessages()
        _ = takeQueue()
        answerEnd()
        readAvailable()
    }

    /// Appends messages to the output; returns false if the connection is no longer open.
    func append(_ body: (inout WebSocketProtocol, inout ByteBuffer) -> Void) -> Bool {
        if end != nil || closeSent { return false }
        stream.write { output in body(&codec, &output) }
        return stream.failure == nil && stream.writeFailure == nil
    }

    // MARK: Ending

    /// Sends a Close, and gives the peer the close timeout to answer it.
    func close(_ code: WebSocketCloseCode, _ reason: String) {
        answerEnd()
        if end != nil || closeSent { return }
        closeSent = true
        stream.write { output in codec.close(code, reason: reason, to: &output) }
        pingTimer?.cancel()
        pongTimer?.cancel()
        awaitClose(outstanding: .max, stalls: 0)
        readAvailable()
    }

    /// Gives the peer the close timeout to answer, from when it has taken everything that was sent before.
    ///
    /// Cutting a slow reader earlier would lose data. One that takes nothing at all is waited for as long as any write
    /// is.
    private func awaitClose(outstanding: Int, stalls: Int) {
        let timeout = max(configuration.closeTimeout, .milliseconds(1))
        closeTimer = stream.loop.schedule(after: timeout) { [weak self] in
            guard let self else { return }
            let left = stream.outstandingCount
            let stalls = left < outstanding ? 0 : stalls + 1
            if left == 0 || timeout * stalls >= stream.writeStallLimit {
                finish(.lost(.timedOut))
            } else {
                awaitClose(outstanding: left, stalls: stalls)
            }
        }
    }

    private func finish(_ end: WebSocketEnd) {
        if self.end != nil { return }
        self.end = end
        for timer in [pingTimer, pongTimer, closeTimer] { timer?.cancel() }
        stream.onReadable = nil
        stream.onRoomToWrite = nil
        wakeReceivers()
        for event in awaitedPongs.values { event.fire() }
        awaitedPongs = [:]
        ended.fire()
    }

    // MARK: Keep-alive

    private func schedulePing() {
        guard let interval = configuration.pingInterval else { return }
        pingTimer = stream.loop.schedule(after: interval) { [weak self] in self?.sendPing() }
    }

    /// Sends a keep-alive Ping, which a Pong answers; any other bytes show as well that the peer is there.
    private func sendPing() {
        if end != nil || pendingEnd != nil || closeSent { return }
        stream.write { output in codec.ping([], to: &output) }
        // A wait in progress goes on: the next Ping may be due before the time to answer the last one has passed.
        if pongTimer?.isPending != true {
            pongWatch = WebSocketPongWatch(pingEnd: stream.appendedCount, taken: stream.takenCount)
            schedulePongCheck()
        }
        schedulePing()
    }

    private func schedulePongCheck() {
        let interval = configuration.pongTimeout / WebSocketPongWatch.checksPerTimeout
        pongTimer = stream.loop.schedule(after: interval) { [weak self] in self?.checkForPong() }
    }

    private func checkForPong() {
        if end != nil || pendingEnd != nil || closeSent { return }
        if isReadingPaused && !stream.isAboveHighWater {
            // The Pong may be among the bytes that have not been read; it is found as soon as there is room for them.
            pongWatch?.restart(taken: stream.takenCount)
        } else if pongWatch?.check(taken: stream.takenCount) == true {
            stream.write { output in codec.close(.internalError, reason: "keepalive ping timeout", to: &output) }
            stream.flush()
            return finish(.lost(.timedOut))
        }
        schedulePongCheck()
    }

    /// Sends a Ping with a payload of its own; the event fires with its Pong, or when the connection ends.
    func ping() -> OneShotEvent {
        let event = OneShotEvent()
        if end != nil || pendingEnd != nil || closeSent {
            event.fire()
            return event
        }
        let payload = (0..<8).map { _ in UInt8.random(in: .min ... .max) }
        awaitedPongs[payload] = event
        stream.write { output in codec.ping(payload, to: &output) }
        return event
    }
}

/// How a WebSocket connection ended.
package enum WebSocketEnd: Error, Sendable {
    /// With the peer's Close: its code, if it has one, and its reason.
    case closed(code: WebSocketCloseCode?, reason: String)
    /// By the peer's violation of the protocol; the peer was sent the error's close code.
    case violation(WebSocketProtocolError)
    /// Without a Close.
    case lost(StreamFailure)
}
