internal import CZlib

/// Compresses the messages of one direction (RFC 7692 §7.2.1).
///
/// A context takes about 38 KiB: 2^(12+2) bytes for the window, 2^(5+9) for the tables, and the state. At level 1, log
/// text is compressed to a quarter of its size; zlib's largest context of 262 KiB would save a hundredth of that, and
/// level 6 a seventh at twice the time. The context is created for the first message; if messages do not refer to
/// earlier ones, it is released after each.
///
/// `@unchecked Sendable`: part of the state of one protocol value, and used only by whoever holds that.
package final class MessageDeflater: @unchecked Sendable {
    /// The largest window used, even where a larger one is allowed.
    package static let windowBits = 12
    /// The smallest window that zlib can compress for; RFC 7692 also allows 8 bits.
    package static let smallestWindowBits = 9
    private static let memoryLevel: Int32 = 5
    private static let level: Int32 = 1

    private let windowBits: Int32
    private let keepsContext: Bool
    /// `nil` while there is no context.
    private var stream: UnsafeMutablePointer<z_stream>?
    /// Whether there is a context, which takes memory.
    var hasContext: Bool { stream != nil }

    /// Creates a deflater; `nil` for a window that is too small to compress for.
    package init?(_ direction: WebSocketDeflate.Direction) {
        if direction.windowBits < Self.smallestWindowBits { return nil }
        windowBits = Int32(min(direction.windowBits, Self.windowBits))
        keepsContext = direction.keepsContext
    }

    deinit { release() }

    private func release() {
        guard let stream else { return }
        deflateEnd(stream)
        stream.deallocate()
        self.stream = nil
    }

    private func prepared() -> UnsafeMutablePointer<z_stream>? {
        if let stream { return stream }
        let fresh = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        fresh.initialize(to: z_stream())
        if czlib_deflate_init_raw(fresh, Self.level, windowBits, Self.memoryLevel) != Z_OK {
            fresh.deallocate()
            return nil
        }
        stream = fresh
        return fresh
    }

    /// Returns the payload for a message; `nil` if the message is to be sent as it is, because there is no memory for a
    /// context, or because the payload would not be shorter and no later message can refer to it.
    package func compress(_ message: UnsafeRawBufferPointer) -> ByteBuffer? {
        guard let stream = prepared() else { return nil }
        var payload = ByteBuffer()
        if message.isEmpty {
            payload.append(0)  // §7.2.3.6
            return payload
        }
        var rest = message
        repeat {
            let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(1 << 30))
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(piece.count))
            stream.pointee.next_in = piece.baseAddress?.assumingMemoryBound(to: Bytef.self)
            stream.pointee.avail_in = UInt32(piece.count)
            Self.run(stream, rest.isEmpty ? Z_SYNC_FLUSH : Z_NO_FLUSH, expecting: piece.count / 4, into: &payload)
        } while !rest.isEmpty
        stream.pointee.next_in = nil
        if !keepsContext { release() }
        // §7.2.1: the flush ends with an empty stored block, whose last four bytes are left out.
        payload.removeLast(4)
        return !keepsContext && payload.count >= message.count ? nil : payload
    }

    /// Runs zlib until it has taken all of the stream's input.
    private static func run(
        _ stream: UnsafeMutablePointer<z_stream>,
        _ flush: Int32,
        expecting count: Int,
        into payload: inout ByteBuffer
    ) {
        var isDone = false
        while !isDone {
            payload.write(atLeast: max(512, count - payload.count)) { free in
                let room = UnsafeMutableRawBufferPointer(rebasing: free.prefix(1 << 30))
                stream.pointee.next_out = room.baseAddress?.assumingMemoryBound(to: Bytef.self)
                stream.pointee.avail_out = UInt32(room.count)
                // Without progress there is nothing left to do.
                let result = deflate(stream, flush)
                isDone = stream.pointee.avail_out > 0 || result != Z_OK
                stream.pointee.next_out = nil
                return room.count - Int(stream.pointee.avail_out)
            }
        }
    }
}
