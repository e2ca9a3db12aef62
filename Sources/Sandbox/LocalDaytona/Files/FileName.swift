/// File names in header fields.
enum FileName {
    /// Returns `filename` in ASCII for old recipients, and `filename*` (RFC 8187 §3.2) with the exact name.
    static func parameters(_ name: String) -> String {
        var (plain, encoded) = ("", "")
        for scalar in name.unicodeScalars {
            switch scalar {
            case "\"", "\\": plain += "\\\(scalar)"
            case " "..."~": plain.unicodeScalars.append(scalar)
            default: plain += "_"
            }
        }
        for byte in name.utf8 {
            if isAttributeCharacter(byte) {
                encoded.unicodeScalars.append(UnicodeScalar(byte))
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                encoded += digits.utf8.count == 1 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return "filename=\"\(plain)\"; filename*=utf-8''\(encoded)"
    }

    private static func isAttributeCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "!#$&+-.^_`|~".utf8.contains(byte)
        }
    }
}
