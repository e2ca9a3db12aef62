/// Spare 16 KiB arrays of one loop, last in first out, for the read and write buffers of its connections.
///
/// A connection rents a block when it becomes ready and gives it back before waiting with nothing buffered, so an idle
/// connection owns no buffer. Confined to the loop's thread.
package final class BlockPool {
    package static let blockBytes = 16 * 1024
    private static let maxSpareBlocks = 256
    private var spare: [[UInt8]] = []

    /// Gives `buffer` a block if it owns no storage.
    package func rent(for buffer: inout ByteBuffer) {
        if buffer.capacity > 0 { return }
        buffer = ByteBuffer(reusing: spare.popLast() ?? Array(repeating: 0, count: Self.blockBytes))
    }

    /// Takes back the block of an empty buffer.
    ///
    /// Storage of another size is freed.
    package func giveBack(from buffer: inout ByteBuffer) {
        if !buffer.isEmpty || buffer.capacity == 0 { return }
        let block = buffer.takeStorage()
        if block.count == Self.blockBytes && spare.count < Self.maxSpareBlocks { spare.append(block) }
    }
}
