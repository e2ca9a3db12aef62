/// Detects the encoding of a JSON text by its first bytes, as Python does, and converts it to UTF-8.
enum JSONEncodingDetection {
    /// Returns the text in UTF-8, without a byte order mark.
    static func utf8(_ bytes: [UInt8]) throws(JSONReadError) -> [UInt8] {
        guard bytes.count >= 2 else { return try validated(bytes) }
        let (first, second) = (bytes[0], bytes[1])
        if bytes.starts(with: [0x00, 0x00, 0xfe, 0xff]) { return try utf32(bytes.dropFirst(4), bigEndian: true) }
        if bytes.starts(with: [0xff, 0xfe, 0x00, 0x00]) { return try utf32(bytes.dropFirst(4), bigEndian: false) }
        if (first, second) == (0xfe, 0xff) { return try utf16(bytes.dropFirst(2), bigEndian: true) }
        if (first, second) == (0xff, 0xfe) { return try utf16(bytes.dropFirst(2), bigEndian: false) }
        // A JSON text starts with two ASCII characters, or is a single one: the zero bytes reveal the encoding.
        if first != 0, second != 0 { return try validated(bytes) }
        switch bytes.count {
        case 2: return try utf16(bytes[...], bigEndian: first == 0)
        case 3: return try validated(bytes)
        default:
            if first == 0 {
                return try second == 0 ? utf32(bytes[...], bigEndian: true) : utf16(bytes[...], bigEndian: true)
            }
            return try bytes[2] == 0 && bytes[3] == 0
                ? utf32(bytes[...], bigEndian: false) : utf16(bytes[...], bigEndian: false)
        }
    }

    /// Returns the bytes, if they are valid UTF-8, without a byte order mark.
    static func validated(_ bytes: [UInt8]) throws(JSONReadError) -> [UInt8] {
        do { _ = try UTF8Span(validating: bytes.span) } catch { throw .unreadable("the text is not UTF-8") }
        return bytes.starts(with: [0xef, 0xbb, 0xbf]) ? Array(bytes.dropFirst(3)) : bytes
    }

    private static func utf16(_ bytes: ArraySlice<UInt8>, bigEndian: Bool) throws(JSONReadError) -> [UInt8] {
        let units = words(bytes, 2, bigEndian).map { UInt16(truncatingIfNeeded: $0) }
        guard bytes.count % 2 == 0, let text = String(validating: units, as: UTF16.self) else {
            throw .unreadable("the text is not UTF-16")
        }
        return Array(text.utf8)
    }

    private static func utf32(_ bytes: ArraySlice<UInt8>, bigEndian: Bool) throws(JSONReadError) -> [UInt8] {
        guard bytes.count % 4 == 0, let text = String(validating: words(bytes, 4, bigEndian), as: UTF32.self) else {
            throw .unreadable("the text is not UTF-32")
        }
        return Array(text.utf8)
    }

    private static func words(_ bytes: ArraySlice<UInt8>, _ size: Int, _ bigEndian: Bool) -> [UInt32] {
        stride(from: bytes.startIndex, to: bytes.endIndex - size + 1, by: size).map { start in
            (0..<size).reduce(0) { $0 | UInt32(bytes[start + $1]) << UInt32(8 * (bigEndian ? size - 1 - $1 : $1)) }
        }
    }
}
