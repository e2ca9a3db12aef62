/// Percent-escapes (RFC 3986 §2.1) and form encoding.
enum PercentCoding {
    static func decode(_ bytes: some Collection<UInt8>, plusIsBlank: Bool = false) -> [UInt8] {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var index = bytes.startIndex
        while index != bytes.endIndex {
            let byte = bytes[index]
            bytes.formIndex(after: &index)
            if byte == UInt8(ascii: "%"), index != bytes.endIndex, let high = digit(bytes[index]) {
                let second = bytes.index(after: index)
                if second != bytes.endIndex, let low = digit(bytes[second]) {
                    decoded.append(high << 4 | low)
                    index = bytes.index(after: second)
                    continue
                }
            }
            decoded.append(plusIsBlank && byte == UInt8(ascii: "+") ? 0x20 : byte)
        }
        return decoded
    }

    static func formItems(_ bytes: ArraySlice<UInt8>) -> [(name: String, value: String)] {
        bytes.split(separator: UInt8(ascii: "&")).map { item in
            let mark = item.firstIndex(of: UInt8(ascii: "=")) ?? item.endIndex
            let value = item[mark...].dropFirst()
            return (
                String(decoding: decode(item[..<mark], plusIsBlank: true), as: UTF8.self),
                String(decoding: decode(value, plusIsBlank: true), as: UTF8.self)
            )
        }
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
