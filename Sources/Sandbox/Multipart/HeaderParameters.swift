/// A field value of the form `token; name=value; name="quoted"`, as Content-Type and Content-Disposition have it.
///
/// RFC 9110 §5.6.6, read leniently: blanks around `=` and empty parameters are skipped.
package struct HeaderParameters: Sendable, Equatable {
    /// The part before the first semicolon, in lower case.
    package let value: String
    /// The parameters in order; names in lower case, values without quotes and escapes.
    package let parameters: [(name: String, value: String)]

    package init(_ text: String) {
        var fields = [[UInt8]]()
        var field = [UInt8]()
        var isQuoted = false
        var isEscaped = false
        for byte in text.utf8 {
            if isEscaped {
                isEscaped = false
            } else if isQuoted, byte == UInt8(ascii: "\\") {
                isEscaped = true
                continue
            } else if byte == UInt8(ascii: "\"") {
                isQuoted.toggle()
                continue
            } else if byte == UInt8(ascii: ";"), !isQuoted {
                fields.append(field)
                field = []
                continue
            }
            field.append(byte)
        }
        fields.append(field)
        value = Self.text(fields[0][...]).asciiLowercased
        parameters = fields.dropFirst().compactMap { field in
            guard let equals = field.firstIndex(of: UInt8(ascii: "=")) else { return nil }
            let name = Self.text(field[..<equals]).asciiLowercased
            return (name, Self.text(field[(equals + 1)...]))
        }
    }

    /// The value of the first parameter with a name, which must be given in lower case.
    package subscript(name: String) -> String? {
        parameters.first { $0.name.utf8.elementsEqual(name.utf8) }?.value
    }

    package static func == (left: Self, right: Self) -> Bool {
        left.value == right.value && left.parameters.elementsEqual(right.parameters, by: ==)
    }

    private static func text(_ bytes: ArraySlice<UInt8>) -> String {
        let isBlank: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 }
        let front = bytes.drop(while: isBlank)
        let count = front.reversed().drop(while: isBlank).count
        return String(decoding: front.prefix(count), as: UTF8.self)
    }
}

extension String {
    /// The text with `A` to `Z` in lower case, and nothing else changed.
    var asciiLowercased: String {
        String(decoding: utf8.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
    }
}
