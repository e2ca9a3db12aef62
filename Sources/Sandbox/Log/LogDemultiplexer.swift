import Glibc

/// Splits a command's log at its markers into its two streams, wherever the bytes were cut in transit.
///
/// Up to two bytes that could start a marker are held back; ``finish(_:)`` delivers them. Bytes before the first marker
/// belong to no stream and are dropped.
package struct LogDemultiplexer: Sendable {
    private var current: LogStream?
    /// The bytes that may start a marker: `heldCount` times `heldByte`.
    private var heldByte: UInt8 = 0
    private var heldCount = 0

    package init() {}

    /// Takes the next bytes of the log and calls `deliver` with each run of bytes that belongs to one stream.
    package mutating func receive(
        _ bytes: some Collection<UInt8>,
        _ deliver: (LogStream, [UInt8]) throws -> Void
    ) rethrows {
        let done: Void? = try bytes.withContiguousStorageIfAvailable {
            try receive(UnsafeRawBufferPointer($0), deliver)
        }
        if done == nil { try Array(bytes).withUnsafeBytes { try receive($0, deliver) } }
    }

    private mutating func receive(
        _ bytes: UnsafeRawBufferPointer,
        _ deliver: (LogStream, [UInt8]) throws -> Void
    ) rethrows {
        var stretch = [UInt8]()
        var search = MarkerSearch(bytes)
        var index = 0
        while index < bytes.count {
            if heldCount == 0 {
                let end = search.next(from: index)
                stretch.append(contentsOf: bytes[index..<end])
                index = end
                if index == bytes.count { break }
            }
            let byte = bytes[index]
            if heldCount > 0, byte != heldByte {
                stretch.append(contentsOf: repeatElement(heldByte, count: heldCount))
                heldCount = 0
                continue
            }
            heldByte = byte
            heldCount += 1
            index += 1
            guard heldCount == 3 else { continue }
            heldCount = 0
            if let current, !stretch.isEmpty { try deliver(current, stretch) }
            stretch.removeAll(keepingCapacity: true)
            current = byte == 1 ? .standardOutput : .standardError
        }
        if let current, !stretch.isEmpty { try deliver(current, stretch) }
    }

    /// Ends the log and delivers the bytes held back.
    package mutating func finish(_ deliver: (LogStream, [UInt8]) throws -> Void) rethrows {
        let rest = [UInt8](repeating: heldByte, count: heldCount)
        heldCount = 0
        if let current, !rest.isEmpty { try deliver(current, rest) }
    }

    /// Splits a complete log into its two streams.
    package static func split(_ log: some Collection<UInt8>) -> (standardOutput: [UInt8], standardError: [UInt8]) {
        var demultiplexer = Self()
        var streams = (standardOutput: [UInt8](), standardError: [UInt8]())
        func deliver(_ stream: LogStream, _ bytes: [UInt8]) {
            if stream == .standardOutput { streams.standardOutput += bytes } else { streams.standardError += bytes }
        }
        demultiplexer.receive(log, deliver)
        demultiplexer.finish(deliver)
        return streams
    }
}

/// Finds the bytes that may start a marker, many bytes at a time.
///
/// Each byte is examined at most twice: the positions of the next 1 and the next 2 are remembered until they have been
/// passed.
private struct MarkerSearch {
    private let bytes: UnsafeRawBufferPointer
    private var nextOne = -1
    private var nextTwo = -1

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// Returns the position of the first 1 or 2 at or after an index, or the end if there is none.
    mutating func next(from index: Int) -> Int {
        if nextOne < index { nextOne = first(1, from: index) }
        if nextTwo < index { nextTwo = first(2, from: index) }
        return min(nextOne, nextTwo)
    }

    private func first(_ byte: Int32, from index: Int) -> Int {
        guard index < bytes.count, let base = bytes.baseAddress,
            let found = memchr(base + index, byte, bytes.count - index)
        else { return bytes.count }
        return UnsafeRawPointer(found) - base
    }
}
