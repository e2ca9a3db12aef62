/// Decodes a command's log into text: both streams in arrival order, without their markers.
///
/// A UTF-8 sequence that was cut is held until its rest arrives; each stream has a decoder of its own.
struct LogDecoder: Sendable {
    private var demultiplexer = LogDemultiplexer()
    private var decoders = Decoders()

    /// Takes bytes of the log and returns the text they complete, which may be empty.
    mutating func receive(_ bytes: some Collection<UInt8>) -> String {
        var text = ""
        demultiplexer.receive(bytes) { stream, bytes in text += decoders.decode(bytes, of: stream) }
        return text
    }

    /// Ends the log and returns the text that was held back.
    mutating func finish() -> String {
        var text = ""
        demultiplexer.finish { stream, bytes in text += decoders.decode(bytes, of: stream) }
        return text + decoders.finish()
    }

    /// One decoder per stream, so that bytes of one stream never complete a sequence of the other.
    private struct Decoders {
        private var output = UTF8Decoder()
        private var error = UTF8Decoder()

        mutating func decode(_ bytes: [UInt8], of stream: LogStream) -> String {
            stream == .standardOutput ? output.decode(bytes) : error.decode(bytes)
        }

        mutating func finish() -> String { output.finish() + error.finish() }
    }
}

/// Decodes UTF-8 that arrives in pieces: a sequence that may still be completed is held until its rest arrives, and any
/// other invalid sequence becomes U+FFFD.
struct UTF8Decoder: Sendable {
    private var pending: [UInt8] = []

    mutating func decode(_ bytes: [UInt8]) -> String {
        let all = pending.isEmpty ? bytes : pending + bytes
        let complete = all.count - Self.incompleteTail(all)
        pending = Array(all[complete...])
        return String(decoding: all[..<complete], as: UTF8.self)
    }

    /// Returns what was left incomplete.
    mutating func finish() -> String {
        defer { pending = [] }
        return String(decoding: pending, as: UTF8.self)
    }

    /// Returns the number of bytes at the end, 0 to 3, that start a sequence without completing it.
    private static func incompleteTail(_ bytes: [UInt8]) -> Int {
        for length in 1...3 where length <= bytes.count {
            let byte = bytes[bytes.count - length]
            if byte & 0b1100_0000 == 0b1000_0000 { continue }  // a continuation byte: the sequence starts earlier
            let needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc2 ? 2 : 1
            return byte <= 0xf4 && needed > length ? length : 0
        }
        return 0
    }
}
