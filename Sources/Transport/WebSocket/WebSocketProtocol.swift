/// The limits of a connection.
package struct WebSocketLimits: Sendable, Hashable {
    /// The maximum size of a message, all its frames together, after decompression.
    package var maxMessageBytes = 16 << 20

    package init() {}
}

/// An event on a connection.
package enum WebSocketEvent: Sendable, Hashable {
    /// A whole message.
    case message(WebSocketMessage)
    /// A Ping; its Pong has been written.
    case ping
    /// A Pong with its payload.
    case pong([UInt8])
    /// The peer's Close.
    ///
    /// Nothing follows. This side owes a Close unless it has sent one: see ``WebSocketProtocol/answerEnd(to:)``.
    case closed(code: WebSocketCloseCode?, reason: String)
    /// The peer violated the protocol.
    ///
    /// Nothing follows. This side owes a Close that says so.
    case failed(WebSocketProtocolError)
}

/// The WebSocket protocol after its handshake, for either role (RFC 6455), with compression (RFC 7692).
///
/// No I/O, no time, no tasks. A value with compression must not be used beside a copy of it: they share contexts.
///
/// Payloads leave the input buffer as they arrive, so the buffer holds no whole message; the message being assembled is
/// held here.
package struct WebSocketProtocol: Sendable {
    private enum Reading {
        case header
        case payload(WebSocketFrameHeader, received: Int)
        case ended
    }

    let role: WebSocketRole
    private let limits: WebSocketLimits
    private let acceptsInvalidText: Bool
    let deflater: MessageDeflater?
    let inflater: MessageInflater?

    private var reading = Reading.header
    /// The kind of the message being received; `nil` between messages.
    private var messageKind: WebSocketOpcode?
    private var isCompressed = false
    private var message: [UInt8] = []
    private var control: [UInt8] = []
    private var validator = UTF8Validator()
    /// While set, the payload of a message stays in the input once more than this many bytes have been assembled.
    package var holdsAbove: Int?
    /// Whether there is more input to process now: one call of ``next(_:_:)`` decompresses only so much.
    package private(set) var hasMore = false
    private var discards = false
    private var ignoresPings = false
    var hasSentClose = false
    /// The payload of the Close that answers the peer's Close or violation.
    var owedClose: [UInt8]?

    /// - Parameter deflate: the compression agreed on in the handshake; `nil` means none.
    package init(
        role: WebSocketRole,
        limits: WebSocketLimits = WebSocketLimits(),
        acceptsInvalidText: Bool = false,
        deflate: WebSocketDeflate? = nil
    ) {
        (self.role, self.limits, self.acceptsInvalidText) = (role, limits, acceptsInvalidText)
        deflater = deflate.flatMap { MessageDeflater($0.sent(by: role)) }
        inflater = deflate.map { MessageInflater($0.received(by: role)) }
    }

    // MARK: Receiving

    /// The limits on what one call decompresses, and on the input of one step: input can grow a thousandfold.
    private static let (mostInflated, compressedStep) = (1 << 20, 512)

    /// Whether the message being received is too long to go on with it now.
    package var isHolding: Bool { holdsAbove.map { message.count > $0 } ?? false }

    /// Stops answering Pings, which violates the protocol: for servers that show what happens then.
    package mutating func ignorePings() { ignoresPings = true }

    /// Skips messages from now on: they are neither decompressed, nor checked, nor assembled.
    package mutating func discardMessages() {
        discards = true
        message = []
    }

    /// Returns the next event; `nil` if it takes more bytes or another call (see ``hasMore`` and ``isHolding``).
    ///
    /// Answers to Pings are appended to `output`.
    package mutating func next(_ input: inout ByteBuffer, _ output: inout ByteBuffer) -> WebSocketEvent? {
        hasMore = false
        var inflated = 0
        do throws(WebSocketProtocolError) {
            while true {
                switch reading {
                case .ended:
                    input.consume(input.count)
                    return nil
                case .header:
                    let header = try WebSocketFrameHeader.read(
                        from: &input,
                        role: role,
                        allowsCompression: inflater != nil
                    )
                    guard let header else { return nil }
                    try begin(header)
                    reading = .payload(header, received: 0)
                case .payload(let header, let received):
                    var count = min(input.count, header.payloadCount - received)
                    if count == 0 && header.payloadCount > received { return nil }
                    if !header.opcode.isControl && !discards {
                        if isHolding { return nil }
                        if inflated > Self.mostInflated {
                            hasMore = true
                            return nil
                        }
                        if isCompressed { count = min(count, Self.compressedStep) }
                    }
                    let before = message.count
                    try take(count, of: header, at: received, from: &input)
                    if isCompressed { inflated += max(0, message.count - before) }
                    if received + count < header.payloadCount {
                        reading = .payload(header, received: received + count)
                        continue
                    }
                    reading = .header
                    if let event = try finish(header, &output) { return event }
                }
            }
        } catch {
            reading = .ended
            owedClose = Self.closePayload(error.closeCode, error.message)
            return .failed(error)
        }
    }

    private mutating func begin(_ header: WebSocketFrameHeader) throws(WebSocketProtocolError) {
        if header.opcode.isControl {
            control.removeAll(keepingCapacity: true)
            return
        }
        // §5.4: the later frames of a message, and only those, are continuations.
        switch (header.opcode, messageKind) {
        case (.continuation, nil): throw .init(.protocolError, "a continuation frame without a message to continue")
        case (.text, .some), (.binary, .some): throw .init(.protocolError, "a new message before the last is complete")
        default: break
        }
        if header.opcode != .continuation {
            messageKind = header.opcode
            isCompressed = header.isCompressed
            message.removeAll(keepingCapacity: true)
            validator = UTF8Validator()
        }
        if !isCompressed && header.payloadCount > limits.maxMessageBytes - message.count { throw tooBig }
    }

    private var tooBig: WebSocketProtocolError {
        .init(.messageTooBig, "a message longer than \(limits.maxMessageBytes) bytes")
    }

    private mutating func take(
        _ count: Int,
        of header: WebSocketFrameHeader,
        at offset: Int,
        from input: inout ByteBuffer
    ) throws(WebSocketProtocolError) {
        if count == 0 { return }
        try input.withMutableReadableBytes { (bytes) throws(WebSocketProtocolError) in
            let payload = UnsafeMutableRawBufferPointer(rebasing: bytes[..<count])
            if let key = header.maskingKey { WebSocketMask.apply(key, offset: offset, to: payload) }
            if header.opcode.isControl {
                control.append(contentsOf: payload)
            } else if discards {
                // Nobody will ask for this message, nor for one that refers to it.
            } else if isCompressed, let inflater {
                try inflater.inflate(UnsafeRawBufferPointer(payload)) { (piece) throws(WebSocketProtocolError) in
                    try append(piece)
                }
            } else {
                try append(UnsafeRawBufferPointer(payload))
            }
        }
        input.consume(count)
    }

    /// Appends to the message being received.
    ///
    /// If it has both an invalid byte and too many bytes, the first of the two decides, however the bytes were split in
    /// transit.
    private mutating func append(_ bytes: UnsafeRawBufferPointer) throws(WebSocketProtocolError) {
        let allowed = UnsafeRawBufferPointer(rebasing: bytes.prefix(limits.maxMessageBytes - message.count))
        if messageKind == .text && !acceptsInvalidText && !validator.receive(allowed) {
            throw .init(.invalidPayload, "a text message that is not valid UTF-8")
        }
        if allowed.count < bytes.count { throw tooBig }
        let needed = message.count + bytes.count
        if needed > message.capacity {
            // The capacity doubles, but not beyond the limit.
            message.reserveCapacity(max(needed, min(message.capacity * 2, limits.maxMessageBytes)))
        }
        message.append(contentsOf: bytes)
    }

    private mutating func finish(
        _ header: WebSocketFrameHeader,
        _ output: inout ByteBuffer
    ) throws(WebSocketProtocolError) -> WebSocketEvent? {
        switch header.opcode {
        case .ping:
            if !hasSentClose && !ignoresPings { write(.pong, control, to: &output) }
            return .ping
        case .pong: return .pong(control)
        case .close: return try receiveClose()
        case .text, .binary, .continuation:
            if !header.isFinal { return nil }
            if discards {
                messageKind = nil
                return nil
            }
            if isCompressed, let inflater {
                try inflater.finish { (piece) throws(WebSocketProtocolError) in try append(piece) }
            }
            let kind = messageKind
            messageKind = nil
            if kind == .text && !acceptsInvalidText && !validator.isComplete {
                throw .init(.invalidPayload, "a text message that ends within a UTF-8 sequence")
            }
            let bytes = message
            message = []
            return .message(kind == .text ? .text(bytes) : .binary(bytes))
        }
    }

    /// Handles the peer's Close, whose payload is a code of two bytes and a reason in UTF-8 (§5.5.1).
    private mutating func receiveClose() throws(WebSocketProtocolError) -> WebSocketEvent {
        var code: WebSocketCloseCode?
        var reason = ""
        if !control.isEmpty {
            guard control.count >= 2 else { throw .init(.protocolError, "a close code of one byte") }
            let given = WebSocketCloseCode(rawValue: UInt16(control[0]) << 8 | UInt16(control[1]))
            guard given.isSendable else { throw .init(.protocolError, "close code \(given.rawValue)") }
            guard let text = String(validating: control[2...], as: UTF8.self) else {
                throw .init(.invalidPayload, "a close reason that is not valid UTF-8")
            }
            (code, reason) = (given, text)
        }
        reading = .ended
        owedClose = Array(control.prefix(2))
        return .closed(code: code, reason: reason)
    }
}
