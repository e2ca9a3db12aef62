/// Splits a command's log at its markers into the two streams, wherever the bytes were cut on the way.
///
/// What could be the beginning of a marker is held back, at most two bytes; ``finish(_:)`` delivers it. Bytes before the
/// first marker belong to no stream and are dropped.
package struct LogDemultiplexer: Sendable {
    private var current: LogStream?
    /// Bytes that may begin a marker: `heldCount` times `heldByte`.
    private var heldByte: UInt8 = 0
    private var heldCount = 0

    package init() {}

    /// Takes the next bytes of the log and calls `deliver` with each stretch that belongs to one stream.
    package mutating func receive(
        _ bytes: some Collection<UInt8>,
        _ deliver: (LogStream, [UInt8]) throws -> Void
    ) rethrows {
        var stretch = [UInt8]()
        for byte in bytes {
            if heldCount > 0, byte != heldByte {
                stretch.append(contentsOf: repeatElement(heldByte, count: heldCount))
                heldCount = 0
            }
            guard byte == 1 || byte == 2 else {
                stretch.append(byte)
                continue
            }
            heldByte = byte
            heldCount += 1
            guard heldCount == 3 else { continue }
            heldCount = 0
            if let current, !stretch.isEmpty { try deliver(current, stretch) }
            stretch.removeAll(keepingCapacity: true)
            current = byte == 1 ? .standardOutput : .standardError
        }
        if let current, !stretch.isEmpty { try deliver(current, stretch) }
    }

    /// Says that the log is complete and delivers the bytes held back.
    package mutating func finish(_ deliver: (LogStream, [UInt8]) throws -> Void) rethrows {
        let rest = [UInt8](repeating: heldByte, count: heldCount)
        heldCount = 0
        if let current, !rest.isEmpty { try deliver(current, rest) }
    }

    /// Both streams of a complete log.
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
