/// The ceilings of a connection.
package struct WebSocketLimits: Sendable, Hashable {
    /// The most bytes of one message, all its frames together.
    package var maxMessageBytes = 16 << 20

    package init() {}
}

/// What comes next on a connection.
package enum WebSocketEvent: Sendable, Hashable {
    /// A whole message.
    case message(WebSocketMessage)
    /// A Ping; its Pong has been written.
    case ping
    /// A Pong with its payload.
    case pong([UInt8])
    /// The peer's Close.
    ///
    /// Nothing follows. This side's is owed, unless it was sent before: see ``WebSocketProtocol/answerEnd(to:)``.
    case closed(code: WebSocketCloseCode?, reason: String)
    /// The peer broke the protocol.
    ///
    /// Nothing follows. A Close that says so is owed.
    case failed(WebSocketProtocolError)
}

/// The WebSocket protocol after its handshake, for either role (RFC 6455).
///
/// No I/O, no time, no tasks.
///
/// Payloads leave the input buffer as they arrive, so the buffer holds no whole message; the message that is being put
/// together is held here.
package struct WebSocketProtocol: Sendable {
    private enum Reading {
        case header
        case payload(WebSocketFrameHeader, received: Int)
        case ended
    }

    private let role: WebSocketRole
    private let limits: WebSocketLimits
    private let acceptsInvalidText: Bool

    private var reading = Reading.header
    /// The kind of the message under way, and what has come of it.
    private var messageKind: WebSocketOpcode?
    private var message: [UInt8] = []
    private var control: [UInt8] = []
    private var validator = UTF8Validator()
    private var hasSentClose = false
    /// The payload of the Close that answers the end of what the peer sends.
    private var owedClose: [UInt8]?

    package init(role: WebSocketRole, limits: WebSocketLimits = WebSocketLimits(), acceptsInvalidText: Bool = false) {
        (self.role, self.limits, self.acceptsInvalidText) = (role, limits, acceptsInvalidText)
    }

    // MARK: Receiving

    /// The next event; nil if it takes more bytes.
    ///
    /// Answers to Pings are appended to `output`.
    package mutating func next(_ input: inout ByteBuffer, _ output: inout ByteBuffer) -> WebSocketEvent? {
        do throws(WebSocketProtocolError) {
            while true {
                switch reading {
                case .ended:
                    input.consume(input.count)
                    return nil
                case .header:
                    guard let header = try WebSocketFrameHeader.read(from: &input, role: role) else { return nil }
                    try begin(header)
                    reading = .payload(header, received: 0)
                case .payload(let header, let received):
                    let count = min(input.count, header.payloadCount - received)
                    if count == 0 && header.payloadCount > received { return nil }
                    try take(count, of: header, at: received, from: &input)
                    if received + count < header.payloadCount {
                        reading = .payload(header, received: received + count)
                        return nil
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
        // §5.4: a message's later frames, and only they, are continuations.
        switch (header.opcode, messageKind) {
        case (.continuation, nil): throw .init(.protocolError, "a continuation of nothing")
        case (.text, .some), (.binary, .some): throw .init(.protocolError, "a new message within another")
        default: break
        }
        if header.opcode != .continuation {
            messageKind = header.opcode
            message.removeAll(keepingCapacity: true)
            validator = UTF8Validator()
        }
        if header.payloadCount > limits.maxMessageBytes - message.count {
            throw .init(.messageTooBig, "a message longer than \(limits.maxMessageBytes) bytes")
        }
    }

    private mutating func take(
        _ count: Int,
        of header: WebSocketFrameHeader,
        at offset: Int,
        from input: inout ByteBuffer
    ) throws(WebSocketProtocolError) {
        if count == 0 { return }
        let checksText = messageKind == .text && !acceptsInvalidText && !header.opcode.isControl
        var isValid = true
        input.withMutableReadableBytes { bytes in
            let payload = UnsafeMutableRawBufferPointer(rebasing: bytes[..<count])
            if let key = header.maskingKey { WebSocketMask.apply(key, offset: offset, to: payload) }
            if checksText { isValid = validator.receive(UnsafeRawBufferPointer(payload)) }
            if header.opcode.isControl {
                control.append(contentsOf: payload)
            } else {
                message.append(contentsOf: payload)
            }
        }
        input.consume(count)
        if !isValid { throw .init(.invalidPayload, "a text that is no UTF-8") }
    }

    private mutating func finish(
        _ header: WebSocketFrameHeader,
        _ output: inout ByteBuffer
    ) throws(WebSocketProtocolError) -> WebSocketEvent? {
        switch header.opcode {
        case .ping:
            if !hasSentClose { write(.pong, control, to: &output) }
            return .ping
        case .pong: return .pong(control)
        case .close: return try receiveClose()
        case .text, .binary, .continuation:
            if !header.isFinal { return nil }
            let kind = messageKind
            messageKind = nil
            if kind == .text && !acceptsInvalidText && !validator.isComplete {
                throw .init(.invalidPayload, "a text that ends within a character")
            }
            let bytes = message
            message = []
            return .message(kind == .text ? .text(bytes) : .binary(bytes))
        }
    }

    /// §5.5.1: a body is a code of two bytes, and a reason in UTF-8.
    private mutating func receiveClose() throws(WebSocketProtocolError) -> WebSocketEvent {
        var code: WebSocketCloseCode?
        var reason = ""
        if !control.isEmpty {
            guard control.count >= 2 else { throw .init(.protocolError, "a close code of one byte") }
            let given = WebSocketCloseCode(rawValue: UInt16(control[0]) << 8 | UInt16(control[1]))
            guard given.isSendable else { throw .init(.protocolError, "close code \(given.rawValue)") }
            guard let text = String(validating: control[2...], as: UTF8.self) else {
                throw .init(.invalidPayload, "a close reason that is no UTF-8")
            }
            (code, reason) = (given, text)
        }
        reading = .ended
        owedClose = Array(control.prefix(2))
        return .closed(code: code, reason: reason)
    }

    /// Appends the Close that is owed since the peer's came, or since it broke the protocol.
    ///
    /// To be called when what was received before has been answered: nothing can be sent after (RFC 6455 §5.5.1).
    package mutating func answerEnd(to output: inout ByteBuffer) {
        guard let payload = owedClose, !hasSentClose else { return }
        hasSentClose = true
        write(.close, payload, to: &output)
    }

    // MARK: Sending

    /// Appends a text message of one frame.
    ///
    /// The bytes must be UTF-8. Nothing is sent after a Close.
    package mutating func send(text: UnsafeRawBufferPointer, to output: inout ByteBuffer) {
        if !hasSentClose { write(.text, text, to: &output) }
    }

    /// Appends a binary message of one frame.
    ///
    /// Nothing is sent after a Close.
    package mutating func send(binary: UnsafeRawBufferPointer, to output: inout ByteBuffer) {
        if !hasSentClose { write(.binary, binary, to: &output) }
    }

    /// Appends a Ping; of its payload at most 125 bytes.
    package mutating func ping(_ payload: [UInt8], to output: inout ByteBuffer) {
        if !hasSentClose { write(.ping, Array(payload.prefix(125)), to: &output) }
    }

    /// Appends a Close, once.
    ///
    /// Messages that still come in are delivered until the peer's Close.
    package mutating func close(_ code: WebSocketCloseCode, reason: String, to output: inout ByteBuffer) {
        if hasSentClose { return }
        hasSentClose = true
        write(.close, Self.closePayload(code, reason), to: &output)
    }

    /// §5.5: 125 bytes in all; a reason is cut between two characters.
    private static func closePayload(_ code: WebSocketCloseCode, _ reason: String) -> [UInt8] {
        var text = reason
        while text.utf8.count > 123 { text.unicodeScalars.removeLast() }
        let number = (code.isSendable ? code : .internalError).rawValue
        return [UInt8(number >> 8), UInt8(number & 0xff)] + Array(text.utf8)
    }

    private func write(_ opcode: WebSocketOpcode, _ payload: [UInt8], to output: inout ByteBuffer) {
        payload.withUnsafeBytes { write(opcode, $0, to: &output) }
    }

    private func write(_ opcode: WebSocketOpcode, _ payload: UnsafeRawBufferPointer, to output: inout ByteBuffer) {
        let key: UInt32? = role == .client ? .random(in: .min ... .max) : nil
        WebSocketFrameHeader(isFinal: true, opcode: opcode, maskingKey: key, payloadCount: payload.count)
            .write(to: &output)
        guard let source = payload.baseAddress, payload.count > 0 else { return }
        output.write(atLeast: payload.count) { free in
            let target = UnsafeMutableRawBufferPointer(rebasing: free[..<payload.count])
            target.copyMemory(from: UnsafeRawBufferPointer(start: source, count: payload.count))
            if let key { WebSocketMask.apply(key, offset: 0, to: target) }
            return payload.count
        }
    }
}
