/// Field lines as bytes (RFC 9112 §5).
enum HTTPFieldLines {
    /// Parses the lines of a section.
    static func parse(
        _ lines: ArraySlice<Range<Int>>,
        _ bytes: UnsafeRawBufferPointer
    ) throws(HTTPProtocolError) -> HTTPFields {
        var fields = HTTPFields()
        for line in lines {
            guard let colon = bytes[line].firstIndex(of: UInt8(ascii: ":")) else {
                throw .bad("a field without a colon")
            }
            let name = bytes[line.lowerBound..<colon]
            // §5.1: no blank before the colon; §5.2: a line that starts with a blank would continue the previous one.
            guard !name.isEmpty, name.allSatisfy(HTTPSyntax.isToken) else {
                throw .bad("a field name that is not a token")
            }
            var (start, end) = (colon + 1, line.upperBound)
            while start < end, HTTPSyntax.isBlank(bytes[start]) { start += 1 }
            while start < end, HTTPSyntax.isBlank(bytes[end - 1]) { end -= 1 }
            let value = bytes[start..<end]
            guard value.allSatisfy(HTTPSyntax.isFieldValue) else { throw .bad("a control character in a field value") }
            fields.appendLine(name, value)
        }
        return fields
    }
}
