/// Sending: messages, Pings and the Close.
extension WebSocketProtocol {
    /// Appends a text message of one frame.
    ///
    /// The bytes must be UTF-8. Nothing is sent after a Close.
    package mutating func send(text: UnsafeRawBufferPointer, to output: inout ByteBuffer) {
        sendMessage(.text, text, to: &output)
    }

    /// Appends a binary message of one frame.
    ///
    /// Nothing is sent after a Close.
    package mutating func send(binary: UnsafeRawBufferPointer, to output: inout ByteBuffer) {
        sendMessage(.binary, binary, to: &output)
    }

    /// The sizes worth compressing: below, compression costs more than it saves; above, it would take too much of a
    /// tick.
    private static let compressedCounts = 1024...1 << 20

    private func sendMessage(
        _ opcode: WebSocketOpcode,
        _ message: UnsafeRawBufferPointer,
        to output: inout ByteBuffer
    ) {
        if hasSentClose { return }
        guard let deflater, Self.compressedCounts.contains(message.count), let payload = deflater.compress(message)
        else {
            return write(opcode, message, to: &output)
        }
        payload.withReadableBytes { write(opcode, $0, isCompressed: true, to: &output) }
    }

    /// Appends a Ping with at most 125 bytes of the payload.
    package mutating func ping(_ payload: [UInt8], to output: inout ByteBuffer) {
        if !hasSentClose { write(.ping, Array(payload.prefix(125)), to: &output) }
    }

    /// Appends a Close, once.
    ///
    /// Incoming messages are still delivered until the peer's Close.
    package mutating func close(_ code: WebSocketCloseCode, reason: String, to output: inout ByteBuffer) {
        if hasSentClose { return }
        hasSentClose = true
        write(.close, Self.closePayload(code, reason), to: &output)
    }

    /// Returns the payload of a Close: at most 125 bytes (§5.5); a longer reason is cut between two characters.
    static func closePayload(_ code: WebSocketCloseCode, _ reason: String) -> [UInt8] {
        var text = reason
        while text.utf8.count > 123 { text.unicodeScalars.removeLast() }
        let number = (code.isSendable ? code : .internalError).rawValue
        return [UInt8(number >> 8), UInt8(number & 0xff)] + Array(text.utf8)
    }

    func write(_ opcode: WebSocketOpcode, _ payload: [UInt8], to output: inout ByteBuffer) {
        payload.withUnsafeBytes { write(opcode, $0, to: &output) }
    }

    private func write(
        _ opcode: WebSocketOpcode,
        _ payload: UnsafeRawBufferPointer,
        isCompressed: Bool = false,
        to output: inout ByteBuffer
    ) {
        let key: UInt32? = role == .client ? .random(in: .min ... .max) : nil
        let header = WebSocketFrameHeader(
            isFinal: true,
            isCompressed: isCompressed,
            opcode: opcode,
            maskingKey: key,
            payloadCount: payload.count
        )
        header.write(to: &output)
        guard let source = payload.baseAddress, payload.count > 0 else { return }
        output.write(atLeast: payload.count) { free in
            let target = UnsafeMutableRawBufferPointer(rebasing: free[..<payload.count])
            target.copyMemory(from: UnsafeRawBufferPointer(start: source, count: payload.count))
            if let key { WebSocketMask.apply(key, offset: 0, to: target) }
            return payload.count
        }
    }

    /// Appends the Close that is owed after the peer's Close or violation of the protocol.
    ///
    /// To be called when earlier messages have been answered: nothing can be sent after it (RFC 6455 §5.5.1).
    package mutating func answerEnd(to output: inout ByteBuffer) {
        guard let payload = owedClose, !hasSentClose else { return }
        hasSentClose = true
        write(.close, payload, to: &output)
    }
}
