/// The bytes of texts between their quotes.
enum JSONText {
    /// The first place from `start` whose byte is a quote, a backslash or a control character; else the end.
    ///
    /// What lies before stands for itself, in JSON as in the text. Looks at eight bytes at a time.
    static func endOfPlainBytes(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        var position = start
        while bytes.count - position >= 8 {
            let word = bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self)
            if mayHaveSpecialByte(word) { break }
            position += 8
        }
        while position < bytes.count, !isSpecial(bytes[position]) { position += 1 }
        return position
    }

    static func isSpecial(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    /// False only if no byte of the word is special: subtracting borrows into the high bit of a byte that is smaller.
    private static func mayHaveSpecialByte(_ word: UInt64) -> Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let quotes = word ^ (ones &* UInt64(UInt8(ascii: "\"")))
        let backslashes = word ^ (ones &* UInt64(UInt8(ascii: "\\")))
        let borrows =
            (word &- ones &* 0x20) & ~word | (quotes &- ones) & ~quotes | (backslashes &- ones) & ~backslashes
        return borrows & (ones &* 0x80) != 0
    }
}
