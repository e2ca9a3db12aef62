/// Host and port as in a `Host` field or a target (RFC 9110 §7.2, RFC 3986 §3.2.2).
enum HTTPHost {
    /// Whether the bytes are a host with an optional port; the host may be empty, user information is not allowed.
    static func isValid(_ bytes: some BidirectionalCollection<UInt8>) -> Bool {
        var rest = bytes[...]
        if rest.first == UInt8(ascii: "[") {
            guard let end = rest.firstIndex(of: UInt8(ascii: "]")) else { return false }
            let address = rest[..<end].dropFirst()
            guard !address.isEmpty, address.allSatisfy({ isNameByte($0) || $0 == UInt8(ascii: ":") }) else {
                return false
            }
            rest = rest[end...].dropFirst()
        } else {
            rest = rest.drop(while: isNameByte)
        }
        guard let colon = rest.popFirst() else { return true }
        return colon == UInt8(ascii: ":") && rest.allSatisfy { $0 &- 0x30 < 10 }
    }

    /// Whether the byte may appear in a name or an address, or starts a percent-escape.
    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "-._~!$&'()*+,;=%".utf8.contains(byte)
        }
    }
}
