import Glibc

/// Bytes between a producer and a consumer: written at the end, read from the front.
///
/// The storage is one array whose count is its capacity, so a system call can fill the free part directly and a loop
/// can lend the same array to one connection after another. Consuming moves an index; the unread part moves to the
/// front only when room is needed. A value type: a copy shares storage until one side writes.
public struct ByteBuffer: Sendable {
    /// `storage[readIndex..<writeIndex]` is readable, everything after `writeIndex` is free.
    package private(set) var storage: [UInt8]
    package private(set) var readIndex = 0
    package private(set) var writeIndex = 0

    /// Creates an empty buffer that owns no storage.
    public init() { storage = [] }

    /// Creates a buffer that holds a copy of `bytes`.
    public init(_ bytes: some Collection<UInt8>) {
        storage = Array(bytes)
        writeIndex = storage.count
    }

    /// Creates an empty buffer over an array whose content does not matter; see ``takeStorage()``.
    package init(reusing storage: [UInt8]) { self.storage = storage }

    /// The number of bytes that can be read.
    public var count: Int { writeIndex - readIndex }

    /// Whether there is nothing to read.
    public var isEmpty: Bool { writeIndex == readIndex }

    /// The number of bytes the storage can hold before it grows.
    package var capacity: Int { storage.count }

    /// The readable byte at `offset` from the front, which must be below ``count``.
    public subscript(offset: Int) -> UInt8 {
        precondition(offset >= 0 && offset < count, "offset beyond the readable bytes")
        return storage[readIndex + offset]
    }

    /// Discards `byteCount` bytes from the front; more than ``count`` empties the buffer.
    public mutating func consume(_ byteCount: Int) {
        readIndex = min(readIndex + max(0, byteCount), writeIndex)
        if readIndex == writeIndex { (readIndex, writeIndex) = (0, 0) }
    }

    /// Takes up to `byteCount` bytes from the front as an array of their own.
    public mutating func take(_ byteCount: Int) -> [UInt8] {
        let end = readIndex + min(max(0, byteCount), count)
        let bytes = Array(storage[readIndex..<end])
        consume(byteCount)
        return bytes
    }

    /// Calls `body` with the readable bytes.
    ///
    /// The pointer is valid for the call only.
    public func withReadableBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        try storage.withUnsafeBytes { bytes in
            try body(UnsafeRawBufferPointer(rebasing: bytes[readIndex..<writeIndex]))
        }
    }

    /// Calls `body` with the readable bytes to change in place, as unmasking a WebSocket payload does.
    package mutating func withMutableReadableBytes<R, E: Error>(
        _ body: (UnsafeMutableRawBufferPointer) throws(E) -> R
    ) throws(E) -> R {
        let range = readIndex..<writeIndex
        return try storage.withUnsafeMutableBufferPointer { (bytes) throws(E) in
            try body(UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(bytes)[range]))
        }
    }

    /// Appends one byte.
    public mutating func append(_ byte: UInt8) {
        reserve(1)
        storage[writeIndex] = byte
        writeIndex += 1
    }

    /// Appends the bytes of a collection.
    public mutating func append(contentsOf bytes: some Collection<UInt8>) {
        let done: Void? = bytes.withContiguousStorageIfAvailable { append(raw: UnsafeRawBufferPointer($0)) }
        if done == nil { for byte in bytes { append(byte) } }
    }

    /// Appends the UTF-8 code units of a text.
    public mutating func append(_ text: String) {
        var text = text
        text.withUTF8 { append(raw: UnsafeRawBufferPointer($0)) }
    }

    /// Appends raw memory.
    public mutating func append(raw bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress, bytes.count > 0 else { return }
        write(atLeast: bytes.count) { free in
            free.baseAddress?.copyMemory(from: source, byteCount: bytes.count)
            return bytes.count
        }
    }

    /// Calls `fill` with at least `byteCount` free bytes to write into; `fill` returns how many it wrote.
    package mutating func write(atLeast byteCount: Int, _ fill: (UnsafeMutableRawBufferPointer) throws -> Int) rethrows
    {
        reserve(byteCount)
        let start = writeIndex
        let written = try storage.withUnsafeMutableBytes { bytes in
            let free = UnsafeMutableRawBufferPointer(rebasing: bytes[start...])
            return min(max(0, try fill(free)), free.count)
        }
        writeIndex += written
    }

    /// Discards `byteCount` bytes from the end; more than ``count`` empties the buffer.
    package mutating func removeLast(_ byteCount: Int) {
        writeIndex = max(writeIndex - max(0, byteCount), readIndex)
    }

    /// Gives up the storage for another buffer to reuse; the readable bytes are discarded.
    package mutating func takeStorage() -> [UInt8] {
        (readIndex, writeIndex) = (0, 0)
        let taken = storage
        storage = []
        return taken
    }

    /// Makes room for `byteCount` more bytes: moves a small unread part to the front if that suffices, else grows.
    private mutating func reserve(_ byteCount: Int) {
        if storage.count - writeIndex >= byteCount { return }
        let unread = count
        if storage.count - unread >= byteCount && readIndex >= unread {
            let (from, to) = (readIndex, writeIndex)
            storage.withUnsafeMutableBytes { bytes in
                if unread > 0 { bytes.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[from..<to])) }
            }
        } else {
            let target = max(storage.count * 2, unread + byteCount, 256)
            let grown = [UInt8](unsafeUninitializedCapacity: target) { grown, count in
                let bytes = UnsafeMutableRawBufferPointer(grown)
                withReadableBytes { bytes.copyMemory(from: $0) }
                if let free = bytes.baseAddress?.advanced(by: unread) { memset(free, 0, target - unread) }
                count = target
            }
            storage = grown
        }
        (readIndex, writeIndex) = (0, unread)
    }
}
