/// Tells a JSON text's encoding by its first bytes, as Python does, and turns it into UTF-8.
enum JSONEncodingDetection {
    static func utf8(_ bytes: [UInt8]) throws(JSONReadError) -> [UInt8] {
        let head = Array(bytes.prefix(4))
        if head.starts(with: [0xef, 0xbb, 0xbf]) { return try checked(Array(bytes.dropFirst(3))) }
        if head.starts(with: [0x00, 0x00, 0xfe, 0xff]) { return try utf32(bytes.dropFirst(4), bigEndian: true) }
        if head.starts(with: [0xff, 0xfe, 0x00, 0x00]) { return try utf32(bytes.dropFirst(4), bigEndian: false) }
        if head.starts(with: [0xfe, 0xff]) { return try utf16(bytes.dropFirst(2), bigEndian: true) }
        if head.starts(with: [0xff, 0xfe]) { return try utf16(bytes.dropFirst(2), bigEndian: false) }
        // A JSON text begins with two ASCII characters, or is one: zeros tell where the others stand.
        let zeros = head.map { $0 == 0 }
        switch zeros {
        case [true, true, true, false]: return try utf32(bytes[...], bigEndian: true)
        case [false, true, true, true]: return try utf32(bytes[...], bigEndian: false)
        case _ where zeros.count >= 2 && zeros[0] && !zeros[1]: return try utf16(bytes[...], bigEndian: true)
        case _ where zeros.count >= 2 && !zeros[0] && zeros[1]: return try utf16(bytes[...], bigEndian: false)
        default: return try checked(bytes)
        }
    }

    private static func checked(_ bytes: [UInt8]) throws(JSONReadError) -> [UInt8] {
        guard bytes.allSatisfy({ $0 < 0x80 }) || String(validating: bytes, as: UTF8.self) != nil else {
            throw .unreadable("the text is not UTF-8")
        }
        return bytes
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
