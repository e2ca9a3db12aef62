/// The bytes of strings between their quotes.
enum JSONText {
    /// Returns the first position from `start` with a quote, a backslash, or a control character, or else the end.
    ///
    /// The bytes before it stand for themselves, in JSON as in the text. Eight bytes are examined at a time.
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

    /// Returns false only if no byte of the word is special: subtracting borrows into the high bit of a smaller byte.
    private static func mayHaveSpecialByte(_ word: UInt64) -> Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let quotes = word ^ (ones &* UInt64(UInt8(ascii: "\"")))
        let backslashes = word ^ (ones &* UInt64(UInt8(ascii: "\\")))
        let borrows =
            (word &- ones &* 0x20) & ~word | (quotes &- ones) & ~quotes | (backslashes &- ones) & ~backslashes
        return borrows & (ones &* 0x80) != 0
    }
}
