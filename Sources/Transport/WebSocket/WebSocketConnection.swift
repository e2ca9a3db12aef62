/// An open WebSocket connection, in either role (RFC 6455).
///
/// An actor pinned to the loop of its socket. The connection answers Pings and Closes by itself while it reads,
/// whatever the code around it does.
///
/// - Incoming: messages are queued up to `maxQueuedBytes` of the configuration; then reading from the peer stops until
///   ``receive()`` has taken some. If several tasks receive, each message goes to one of them.
/// - Outgoing: messages are gathered and written at the end of the loop's tick; `send` waits while the peer cannot keep
///   up.
public actor WebSocketConnection {
    package nonisolated let loop: EventLoop
    /// The loop of the socket.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    private nonisolated let core: WebSocketCore
    private let role: WebSocketRole
    private let configuration: WebSocketConfiguration
    private nonisolated let ended: OneShotEvent

    /// - Parameter deflate: the compression agreed on in the handshake.
    init(
        _ stream: BufferedStream,
        role: WebSocketRole,
        configuration: WebSocketConfiguration,
        deflate: WebSocketDeflate?
    ) {
        loop = stream.loop
        core = WebSocketCore(stream, role: role, configuration: configuration, deflate: deflate)
        ended = core.ended
        self.role = role
        self.configuration = configuration
    }

    func start() { core.start() }

    /// Returns the next message; `nil` when the peer has closed the connection with a Close, whatever its code.
    ///
    /// - Throws: ``WebSocketError`` if the connection was lost or the peer violated the protocol; `CancellationError`
    ///   if the task is cancelled while it waits, which leaves the connection as it is.
    public func receive() async throws -> WebSocketMessage? {
        while true {
            if let message = core.takeMessage() { return message }
            if let end = core.end { return try Self.outcome(end) }
            try await waitForMessage()
        }
    }

    /// Returns all messages received so far, at least one; `nil` as for ``receive()``.
    package func receiveBatch() async throws -> [WebSocketMessage]? {
        while true {
            let messages = core.takeQueue()
            if !messages.isEmpty { return messages }
            if let end = core.end { return try Self.outcome(end) }
            try await waitForMessage()
        }
    }

    private func waitForMessage() async throws {
        try Task.checkCancellation()
        await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                if Task.isCancelled { continuation.resume() } else { core.awaitMessage(continuation) }
            }
        } onCancel: { [loop, core] in
            loop.execute { core.wakeReceivers() }
        }
        if Task.isCancelled { throw CancellationError() }
    }

    private static func outcome<R>(_ end: WebSocketEnd) throws -> R? {
        switch end {
        case .closed: return nil
        case .violation(let error): throw WebSocketError(closeCode: error.closeCode, message: error.message)
        case .lost(let failure): throw WebSocketError(closeCode: nil, message: failure.description)
        }
    }

    /// How the connection ended; `nil` while it is open.
    package var end: WebSocketEnd? { core.end }

    /// Returns when the connection has ended, for whatever reason, or throws when the waiting task is cancelled.
    package nonisolated(nonsending) func waitUntilEnded() async throws { try await ended.waitUnlessCancelled() }

    /// Drops incoming messages from now on; Pings and Closes are still answered.
    package func ignoreMessages() { core.ignoreMessages() }

    /// Stops answering Pings, which violates the protocol: for servers that show what happens then.
    package func ignorePings() { core.ignorePings() }

    /// Sends a text message; waits while the peer cannot keep up.
    ///
    /// - Throws: ``WebSocketError`` if the connection is closed or closing.
    public func send(_ text: String) async throws {
        var text = text
        let isSent = text.withUTF8 { utf8 in
            core.append { codec, output in codec.send(text: UnsafeRawBufferPointer(utf8), to: &output) }
        }
        try await finishSending(isSent)
    }

    /// Sends a binary message; waits while the peer cannot keep up.
    ///
    /// - Throws: ``WebSocketError`` if the connection is closed or closing.
    public func send(_ bytes: [UInt8]) async throws {
        let isSent = bytes.withUnsafeBytes { raw in
            core.append { codec, output in codec.send(binary: raw, to: &output) }
        }
        try await finishSending(isSent)
    }

    /// Sends a text message given as UTF-8, which is not checked.
    package func send(utf8 bytes: [UInt8]) async throws {
        let isSent = bytes.withUnsafeBytes { raw in
            core.append { codec, output in codec.send(text: raw, to: &output) }
        }
        try await finishSending(isSent)
    }

    /// Sends text messages given as UTF-8, which is not checked, one after the other in one call to the actor.
    package func send(utf8 messages: [[UInt8]]) async throws {
        for message in messages { try await send(utf8: message) }
    }

    private func finishSending(_ isSent: Bool) async throws {
        guard isSent else { throw WebSocketError(closeCode: nil, message: "the connection is closed") }
        if core.stream.isAboveHighWater { await core.stream.drain() }
    }

    /// Sends a Ping and returns when its Pong has arrived, or when the connection is closing or closed.
    ///
    /// - Throws: ``WebSocketError`` if the connection was lost or the peer violated the protocol; `CancellationError`.
    package func ping() async throws {
        try await core.ping().waitUnlessCancelled()
        if let end = core.end { _ = try Self.outcome(end) as WebSocketMessage? }
    }

    /// Starts the closing handshake and returns at once.
    ///
    /// Messages already queued can still be received.
    public func close(code: WebSocketCloseCode = .normal, reason: String = "") { core.close(code, reason) }

    /// Sends a Close if the peer takes it now, and cuts the connection.
    func abort(code: WebSocketCloseCode) {
        core.close(code, "")
        core.stream.flush()
        core.stream.close()
    }

    /// Closes the connection if it is still open, waits for its end, and releases the socket.
    func finish() async {
        core.ignoreMessages()
        core.close(.normal, "")
        await ended.wait()
        await core.stream.drainCompletely()
        // RFC 6455 §7.1.1: the server closes the TCP connection first; a client waits for that, but not forever.
        core.stream.finishWriting()
        switch core.end {
        case .closed? where role == .client: await discardInput(for: configuration.closeTimeout)
        // Further input would make the system reset the connection and discard the Close in flight.
        case .violation?: await discardInput(for: min(.seconds(2), configuration.closeTimeout))
        default: break
        }
        core.stream.close()
    }

    private func discardInput(for duration: Duration) async {
        core.stream.setReadDeadline(duration)
        var discarded = 0
        while await core.stream.fillOrWait(), discarded < 16 << 20 {
            discarded += core.stream.input.count
            core.stream.input.consume(core.stream.input.count)
        }
    }

    /// Ends a connection that was opened by a client: closes it if it is still open, waits for its end as long as the
    /// close timeout allows, and releases the socket.
    ///
    /// Cancellation does not interrupt it.
    package nonisolated func release() async { await loop.startTask { await self.finish() }.value }

    /// Cuts the connection without a Close, from any thread.
    package nonisolated func cut() {
        let stream = core.stream
        loop.execute { stream.close() }
    }

    /// Cuts the connection without a Close, after everything sent so far has been written.
    package func cutWhenSent() async {
        await core.stream.drainCompletely()
        core.stream.close()
    }
}

/// The failure of a WebSocket connection, or of sending on one that is closed.
public struct WebSocketError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The close code sent to the peer, if any.
    public let closeCode: WebSocketCloseCode?
    /// What happened.
    public let message: String

    /// The message, with the code if there is one.
    public var description: String { closeCode.map { "\(message) (close code \($0.rawValue))" } ?? message }
}
