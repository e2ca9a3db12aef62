internal import CZlib

/// Decompresses the messages of one direction as they arrive (RFC 7692 §7.2.2).
///
/// A context takes 7 KiB plus the window: 4 KiB for 12 bits, 32 KiB for 15. It is created for the first compressed
/// message; if messages do not refer to earlier ones, it is released after each.
///
/// A sender that refers back beyond an agreed window of less than 15 bits violates the agreement. Whether it is refused
/// depends on how its bytes were split, as zlib also finds what it has written most recently.
///
/// `@unchecked Sendable`: part of the state of one protocol value, and used only by whoever holds that.
package final class MessageInflater: @unchecked Sendable {
    /// The maximum number of bytes decompressed at a time.
    package static let pieceCount = 16 << 10

    private let windowBits: Int32
    private let keepsContext: Bool
    /// `nil` while there is no context.
    private var stream: UnsafeMutablePointer<z_stream>?
    /// Whether there is a context, which takes memory.
    var hasContext: Bool { stream != nil }
    /// Whether the last byte read was the last of a block.
    private var isBetweenBlocks = false

    package init(_ direction: WebSocketDeflate.Direction) {
        windowBits = Int32(direction.windowBits)
        keepsContext = direction.keepsContext
    }

    deinit { release() }

    private func release() {
        guard let stream else { return }
        inflateEnd(stream)
        stream.deallocate()
        self.stream = nil
    }

    private func prepared() throws(WebSocketProtocolError) -> UnsafeMutablePointer<z_stream> {
        if let stream { return stream }
        let fresh = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        fresh.initialize(to: z_stream())
        if czlib_inflate_init_raw(fresh, windowBits) != Z_OK {
            fresh.deallocate()
            throw .init(.internalError, "no memory to decompress")
        }
        stream = fresh
        return fresh
    }

    /// Decompresses the next bytes of a message, and hands the result over in pieces of at most ``pieceCount`` bytes.
    ///
    /// - Parameter take: called for each piece; decompression stops when it throws.
    package func inflate(
        _ bytes: UnsafeRawBufferPointer,
        _ take: (UnsafeRawBufferPointer) throws(WebSocketProtocolError) -> Void
    ) throws(WebSocketProtocolError) {
        let stream = try prepared()
        let output = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.pieceCount, alignment: 16)
        defer { output.deallocate() }
        var rest = bytes
        while !rest.isEmpty {
            let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(1 << 30))
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(piece.count))
            stream.pointee.next_in = piece.baseAddress?.assumingMemoryBound(to: Bytef.self)
            stream.pointee.avail_in = UInt32(piece.count)
            defer { stream.pointee.next_in = nil }
            // A full output may mean that there is more, even when all input has been taken.
            repeat {
                stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: Bytef.self)
                stream.pointee.avail_out = UInt32(output.count)
                let result = CZlib.inflate(stream, Z_NO_FLUSH)
                stream.pointee.next_out = nil
                let count = output.count - Int(stream.pointee.avail_out)
                if count > 0 { try take(UnsafeRawBufferPointer(rebasing: output[..<count])) }
                // zlib's position: 128 after a block, 64 in a final one, plus the number of bits taken but not used.
                isBetweenBlocks = result == Z_STREAM_END || stream.pointee.data_type & 0xbf == 0x80
                switch result {
                case Z_OK: break
                case Z_BUF_ERROR where stream.pointee.avail_in == 0: break  // no progress: it takes more input
                // §7.2.3.4: blocks may follow the final one; they may refer to data before it.
                case Z_STREAM_END: inflateResetKeep(stream)
                case Z_MEM_ERROR: throw .init(.internalError, "no memory to decompress")
                default: throw .init(.invalidPayload, "a compressed message that cannot be decompressed")
                }
            } while stream.pointee.avail_in > 0 || stream.pointee.avail_out == 0
        }
    }

    /// Ends a message: adds the four bytes that its sender has left out, which must end the last block.
    package func finish(
        _ take: (UnsafeRawBufferPointer) throws(WebSocketProtocolError) -> Void
    ) throws(WebSocketProtocolError) {
        let tail = UInt32(0xffff_0000).littleEndian
        try withUnsafeBytes(of: tail) { (bytes) throws(WebSocketProtocolError) in try inflate(bytes, take) }
        guard isBetweenBlocks else { throw .init(.invalidPayload, "a compressed message that ends within a block") }
        if !keepsContext { release() }
    }
}
