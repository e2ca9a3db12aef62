/// What precedes the payload of a frame (RFC 6455 §5.2).
///
///     bit   0     1-3   4-7      8     9-15        then 0, 2 or 8 bytes    then 4 bytes if masked
///          FIN   RSV   opcode   MASK  length 0-125   126: 16 bits            masking key
///                                                    127: 64 bits
struct WebSocketFrameHeader: Sendable, Equatable {
    var isFinal: Bool
    /// Whether RSV1 is set: the frame starts a compressed message (RFC 7692 §6).
    var isCompressed = false
    var opcode: WebSocketOpcode
    var maskingKey: UInt32?
    var payloadCount: Int

    /// Reads a header from the front of a buffer and consumes it; `nil` if more bytes are needed.
    ///
    /// - Parameter allowsCompression: whether the first frame of a message may have RSV1.
    static func read(
        from input: inout ByteBuffer,
        role: WebSocketRole,
        allowsCompression: Bool
    ) throws(WebSocketProtocolError) -> WebSocketFrameHeader? {
        if input.isEmpty { return nil }
        let first = input[0]
        guard first & 0x30 == 0 else { throw .init(.protocolError, "a reserved bit is set") }
        guard let opcode = WebSocketOpcode(rawValue: first & 0x0f) else {
            throw .init(.protocolError, "a reserved opcode")
        }
        let isFinal = first & 0x80 != 0
        let isCompressed = first & 0x40 != 0
        if isCompressed && !(allowsCompression && opcode.beginsMessage) {
            throw .init(.protocolError, "a reserved bit is set")
        }
        if opcode.isControl && !isFinal { throw .init(.protocolError, "a fragmented control frame") }  // §5.5
        if input.count < 2 { return nil }
        let second = input[1]
        let isMasked = second & 0x80 != 0
        // §5.1: a server accepts only masked frames, a client only unmasked ones.
        guard isMasked == (role == .server) else {
            throw .init(.protocolError, isMasked ? "a masked frame from a server" : "an unmasked frame from a client")
        }
        let short = Int(second & 0x7f)
        if opcode.isControl && short > 125 { throw .init(.protocolError, "a control frame that is too long") }
        let lengthCount = short == 127 ? 8 : short == 126 ? 2 : 0
        let headerCount = 2 + lengthCount + (isMasked ? 4 : 0)
        if input.count < headerCount { return nil }
        let payloadCount = lengthCount == 0 ? short : try extendedLength(input, lengthCount)
        var maskingKey: UInt32?
        if isMasked {
            maskingKey = (0..<4).reduce(0) { $0 | UInt32(input[2 + lengthCount + $1]) << (8 * UInt32($1)) }
        }
        input.consume(headerCount)
        return WebSocketFrameHeader(
            isFinal: isFinal,
            isCompressed: isCompressed,
            opcode: opcode,
            maskingKey: maskingKey,
            payloadCount: payloadCount
        )
    }

    private static func extendedLength(
        _ input: ByteBuffer,
        _ byteCount: Int
    ) throws(WebSocketProtocolError) -> Int {
        var value: UInt64 = 0
        for offset in 0..<byteCount { value = value << 8 | UInt64(input[2 + offset]) }
        guard let count = Int(exactly: value) else { throw .init(.protocolError, "a length with its highest bit set") }
        if count < (byteCount == 2 ? 126 : 65_536) {
            throw .init(.protocolError, "a length that is not in its shortest form")
        }
        return count
    }

    /// Appends the header's bytes.
    func write(to output: inout ByteBuffer) {
        output.append((isFinal ? 0x80 : 0) | (isCompressed ? 0x40 : 0) | opcode.rawValue)
        let maskBit: UInt8 = maskingKey == nil ? 0 : 0x80
        switch payloadCount {
        case ..<126: output.append(maskBit | UInt8(truncatingIfNeeded: payloadCount))
        case ..<65_536:
            output.append(maskBit | 126)
            for shift in [8, 0] { output.append(UInt8(truncatingIfNeeded: payloadCount >> shift)) }
        default:
            output.append(maskBit | 127)
            for shift in stride(from: 56, through: 0, by: -8) {
                output.append(UInt8(truncatingIfNeeded: payloadCount >> shift))
            }
        }
        if let maskingKey {
            for shift in [0, 8, 16, 24] { output.append(UInt8(truncatingIfNeeded: maskingKey >> UInt32(shift))) }
        }
    }
}

/// The masking of payloads (RFC 6455 §5.3): each byte is XORed with the byte of the key for its position.
enum WebSocketMask {
    /// Masks or unmasks bytes in place, eight at a time.
    ///
    /// - Parameters:
    ///   - key: the masking key; its first byte is the least significant one.
    ///   - offset: the position of the first byte in the frame's payload.
    static func apply(_ key: UInt32, offset: Int, to bytes: UnsafeMutableRawBufferPointer) {
        if key == 0 { return }
        let shift = UInt32(offset & 3) * 8
        let rotated = shift == 0 ? key : key >> shift | key << (32 - shift)
        let wide = UInt64(rotated) | UInt64(rotated) << 32
        var index = 0
        while index + 8 <= bytes.count {
            let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            bytes.storeBytes(of: word ^ wide.littleEndian, toByteOffset: index, as: UInt64.self)
            index += 8
        }
        while index < bytes.count {
            bytes[index] ^= UInt8(truncatingIfNeeded: rotated >> (UInt32(index & 3) * 8))
            index += 1
        }
    }
}
