/// Validates UTF-8 that arrives in pieces, and fails at the first byte that cannot be right (RFC 3629, RFC 6455 §8.1).
struct UTF8Validator: Sendable {
    /// The number of continuation bytes that the current sequence still needs.
    private var needed = 0
    /// The range of the next continuation byte: narrower than usual after E0, ED, F0 and F4.
    private var lower: UInt8 = 0x80
    private var upper: UInt8 = 0xbf

    /// Whether the bytes so far end with a complete sequence.
    var isComplete: Bool { needed == 0 }

    /// Takes the next bytes; returns false if they cannot be UTF-8.
    mutating func receive(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        while index < bytes.count {
            if needed == 0 {
                index = Self.skipASCII(bytes, from: index)
                if index == bytes.count { return true }
                if !begin(bytes[index]) { return false }
            } else {
                let byte = bytes[index]
                guard byte >= lower && byte <= upper else { return false }
                (lower, upper) = (0x80, 0xbf)
                needed -= 1
            }
            index += 1
        }
        return true
    }

    private mutating func begin(_ byte: UInt8) -> Bool {
        switch byte {
        case 0xc2...0xdf: needed = 1
        case 0xe0: (needed, lower) = (2, 0xa0)  // excludes overlong forms
        case 0xed: (needed, upper) = (2, 0x9f)  // excludes surrogates
        case 0xe1...0xef: needed = 2
        case 0xf0: (needed, lower) = (3, 0x90)  // excludes overlong forms
        case 0xf1...0xf3: needed = 3
        case 0xf4: (needed, upper) = (3, 0x8f)  // excludes code points above U+10FFFF
        default: return false
        }
        return true
    }

    private static func skipASCII(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        var index = start
        while index + 8 <= bytes.count,
            bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
        { index += 8 }
        while index < bytes.count, bytes[index] < 0x80 { index += 1 }
        return index
    }
}
