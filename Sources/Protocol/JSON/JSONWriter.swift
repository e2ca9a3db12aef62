/// Writes compact JSON: no blanks, text as raw UTF-8, the shortest digits that read back as the same number.
package struct JSONWriter {
    /// The maximum nesting depth of a value.
    package static let maxDepth = 254

    private let floats: JSONFloatStyle

    package init(floats: JSONFloatStyle = .http) { self.floats = floats }

    /// Appends a value; numbers that JSON cannot express become `null`.
    ///
    /// - Throws: ``ProtocolError`` with code `.notEncodable` for a value nested too deeply; `bytes` then contains part
    ///   of it.
    package func write(_ value: JSONValue, to bytes: inout [UInt8]) throws {
        try write(value, to: &bytes, depth: 0)
    }

    private func write(_ value: JSONValue, to bytes: inout [UInt8], depth: Int) throws {
        switch value {
        case .null: bytes += "null".utf8
        case .bool(let value): bytes += (value ? "true" : "false").utf8
        case .int(let number): bytes += String(number).utf8
        case .largeInteger(let number): bytes += number.description.utf8
        case .double(let number): bytes += JSONFloat.text(number, floats).utf8
        case .string(let text): Self.write(text, to: &bytes)
        case .array(let values):
            try check(depth)
            var separator = UInt8(ascii: "[")
            for value in values {
                bytes.append(separator)
                separator = UInt8(ascii: ",")
                try write(value, to: &bytes, depth: depth + 1)
            }
            if values.isEmpty { bytes.append(separator) }
            bytes.append(UInt8(ascii: "]"))
        case .object(let object):
            try check(depth)
            var separator = UInt8(ascii: "{")
            for (key, value) in object {
                bytes.append(separator)
                separator = UInt8(ascii: ",")
                Self.write(key, to: &bytes)
                bytes.append(UInt8(ascii: ":"))
                try write(value, to: &bytes, depth: depth + 1)
            }
            if object.isEmpty { bytes.append(separator) }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    private func check(_ depth: Int) throws {
        guard depth < Self.maxDepth else {
            throw ProtocolError(
                .notEncodable,
                "a value nested more than \(Self.maxDepth) levels deep cannot be encoded"
            )
        }
    }

    /// Appends a text in quotes.
    package static func write(_ text: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { utf8 in
            let raw = UnsafeRawBufferPointer(utf8)
            var index = 0
            while true {
                let end = JSONText.endOfPlainBytes(in: raw, from: index)
                bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: raw[index..<end]))
                if end == raw.count { break }
                writeEscape(of: raw[end], to: &bytes)
                index = end + 1
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func writeEscape(of byte: UInt8, to bytes: inout [UInt8]) {
        switch byte {
        case UInt8(ascii: "\""): bytes += #"\""#.utf8
        case UInt8(ascii: "\\"): bytes += #"\\"#.utf8
        case 0x08: bytes += #"\b"#.utf8
        case 0x0c: bytes += #"\f"#.utf8
        case 0x0a: bytes += #"\n"#.utf8
        case 0x0d: bytes += #"\r"#.utf8
        case 0x09: bytes += #"\t"#.utf8
        default:
            bytes += (byte < 0x10 ? #"\u000"# : #"\u00"#).utf8
            bytes += String(byte, radix: 16).utf8
        }
    }
}

extension JSONValue {
    /// The value as compact JSON in UTF-8.
    ///
    /// - Throws: ``ProtocolError`` with code `.notEncodable` for a value nested more than 254 levels deep.
    public func serialized(floats: JSONFloatStyle = .http) throws -> [UInt8] {
        var bytes: [UInt8] = []
        try JSONWriter(floats: floats).write(self, to: &bytes)
        return bytes
    }
}
