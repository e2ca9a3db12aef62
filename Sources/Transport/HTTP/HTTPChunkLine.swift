/// The line before a chunk: its size in hexadecimal digits, and extensions, which are checked and ignored (RFC 9112
/// §7.1).
enum HTTPChunkLine {
    enum Outcome {
        case incomplete
        /// The size, and the number of bytes of the extensions and of the line with its end.
        case size(Int, extensionBytes: Int, lineBytes: Int)
        case failed(HTTPProtocolError)
    }

    static func parse(_ bytes: UnsafeRawBufferPointer, maxBytes: Int) -> Outcome {
        guard let end = bytes.prefix(maxBytes).firstIndex(of: 0x0a) else {
            return bytes.count >= maxBytes ? .failed(.bad("a chunk's line is too long")) : .incomplete
        }
        guard end > 0, bytes[end - 1] == 0x0d else { return .failed(.bad("a bare line feed after a chunk's size")) }
        var size = 0
        var index = 0
        while index < end - 1, let digit = digit(bytes[index]) {
            guard size <= Int.max >> 5 else {
                return .failed(HTTPProtocolError(.contentTooLarge, "a chunk's size is too large"))
            }
            size = size << 4 | digit
            index += 1
        }
        if index == 0 { return .failed(.bad("a chunk size that is not a number")) }
        let rest = bytes[index..<(end - 1)]
        if !rest.isEmpty {
            // Blanks before an extension are tolerated (§7.1.1); anything else is not an extension.
            let extensions = rest.drop(while: HTTPSyntax.isBlank)
            guard extensions.first == UInt8(ascii: ";"), extensions.allSatisfy(HTTPSyntax.isFieldValue) else {
                return .failed(.bad("a chunk's size is followed by something else"))
            }
        }
        return .size(size, extensionBytes: rest.count, lineBytes: end + 1)
    }

    private static func digit(_ byte: UInt8) -> Int? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): Int(byte - UInt8(ascii: "a")) + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): Int(byte - UInt8(ascii: "A")) + 10
        default: nil
        }
    }
}
