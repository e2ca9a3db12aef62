/// Reads a JSON text (RFC 8259) as Python's decoder does: besides the grammar it takes `NaN`, `Infinity` and
/// `-Infinity`, and numbers beyond a double's range as infinities.
///
/// An escape that names half of a surrogate pair becomes U+FFFD: a Swift text cannot hold it. Nested at most
/// ``maxDepth`` levels deep, integers of at most ``maxIntegerDigits`` digits.
package struct JSONParser {
    package static let maxDepth = 512
    package static let maxIntegerDigits = 4300

    private let bytes: UnsafeRawBufferPointer
    private var index = 0
    private var depth = 0

    /// Reads a text of UTF-8, UTF-16 or UTF-32, with or without a byte order mark.
    package static func parse(_ input: some Collection<UInt8>) throws(JSONReadError) -> JSONValue {
        let bytes = try JSONEncodingDetection.utf8(Array(input))
        var result: Result<JSONValue, JSONReadError>?
        bytes.withUnsafeBytes { raw in
            var parser = JSONParser(bytes: raw)
            do throws(JSONReadError) { result = .success(try parser.parseText()) } catch { result = .failure(error) }
        }
        guard let result else { throw .unreadable("the text is empty") }
        return try result.get()
    }

    private init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    private func fail(_ message: String, at position: Int) -> JSONReadError {
        .syntax(JSONSyntaxError(message, atByte: position, of: bytes))
    }

    private var current: UInt8? { index < bytes.count ? bytes[index] : nil }

    private mutating func skipBlanks() {
        while let byte = current, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 { index += 1 }
    }

    private mutating func parseText() throws(JSONReadError) -> JSONValue {
        skipBlanks()
        let value = try parseValue()
        skipBlanks()
        if index < bytes.count { throw fail("Extra data", at: index) }
        return value
    }

    private mutating func parseValue() throws(JSONReadError) -> JSONValue {
        switch current {
        case UInt8(ascii: "\""):
            index += 1
            return .string(try parseString())
        case UInt8(ascii: "{"): return try nested { parser throws(JSONReadError) in try parser.parseObject() }
        case UInt8(ascii: "["): return try nested { parser throws(JSONReadError) in try parser.parseArray() }
        case UInt8(ascii: "n") where take("null"): return .null
        case UInt8(ascii: "t") where take("true"): return .bool(true)
        case UInt8(ascii: "f") where take("false"): return .bool(false)
        case UInt8(ascii: "N") where take("NaN"): return .double(.nan)
        case UInt8(ascii: "I") where take("Infinity"): return .double(.infinity)
        case UInt8(ascii: "-") where take("-Infinity"): return .double(-.infinity)
        case let byte? where byte == UInt8(ascii: "-") || (0x30...0x39).contains(byte): return try parseNumber()
        default: throw fail("Expecting value", at: index)
        }
    }

    private mutating func take(_ word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        guard bytes.count - index >= count else { return false }
        for offset in 0..<count where bytes[index + offset] != word.utf8Start[offset] { return false }
        index += count
        return true
    }

    private mutating func nested(
        _ parse: (inout JSONParser) throws(JSONReadError) -> JSONValue
    ) throws(JSONReadError) -> JSONValue {
        guard depth < Self.maxDepth else { throw .unreadable("nested more than \(Self.maxDepth) levels deep") }
        depth += 1
        index += 1
        skipBlanks()
        let value = try parse(&self)
        depth -= 1
        return value
    }

    private mutating func parseObject() throws(JSONReadError) -> JSONValue {
        var object = JSONObject()
        if current == UInt8(ascii: "}") {
            index += 1
            return .object(object)
        }
        while true {
            guard current == UInt8(ascii: "\"") else {
                throw fail("Expecting property name enclosed in double quotes", at: index)
            }
            index += 1
            let key = try parseString()
            skipBlanks()
            guard current == UInt8(ascii: ":") else { throw fail("Expecting ':' delimiter", at: index) }
            index += 1
            skipBlanks()
            object[key] = try parseValue()
            skipBlanks()
            switch current {
            case UInt8(ascii: "}"):
                index += 1
                return .object(object)
            case UInt8(ascii: ","):
                index += 1
                skipBlanks()
            default: throw fail("Expecting ',' delimiter", at: index)
            }
        }
    }

    private mutating func parseArray() throws(JSONReadError) -> JSONValue {
        var values: [JSONValue] = []
        if current == UInt8(ascii: "]") {
            index += 1
            return .array(values)
        }
        while true {
            values.append(try parseValue())
            skipBlanks()
            switch current {
            case UInt8(ascii: "]"):
                index += 1
                return .array(values)
            case UInt8(ascii: ","):
                index += 1
                skipBlanks()
            default: throw fail("Expecting ',' delimiter", at: index)
            }
        }
    }

    // MARK: Strings

    /// What follows an opening quote, up to and with the closing one.
    private mutating func parseString() throws(JSONReadError) -> String {
        let opening = index - 1
        let start = index
        while let byte = current, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 { index += 1 }
        if current == UInt8(ascii: "\"") {
            defer { index += 1 }
            return String(decoding: UnsafeRawBufferPointer(rebasing: bytes[start..<index]), as: UTF8.self)
        }
        var text = Array(bytes[start..<index])
        while true {
            guard let byte = current else { throw fail("Unterminated string starting at", at: opening) }
            switch byte {
            case UInt8(ascii: "\""):
                index += 1
                return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"): try parseEscape(into: &text, opening: opening)
            case ..<0x20: throw fail("Invalid control character at", at: index)
            default:
                text.append(byte)
                index += 1
            }
        }
    }

    private mutating func parseEscape(into text: inout [UInt8], opening: Int) throws(JSONReadError) {
        let backslash = index
        index += 1
        guard let byte = current else { throw fail("Unterminated string starting at", at: opening) }
        index += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0c)
        case UInt8(ascii: "n"): text.append(0x0a)
        case UInt8(ascii: "r"): text.append(0x0d)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            var unit = try parseHexadecimal(after: backslash)
            if unit & 0xfc00 == 0xd800, index + 1 < bytes.count, bytes[index] == UInt8(ascii: "\\"),
                bytes[index + 1] == UInt8(ascii: "u")
            {
                let (before, second) = (index, index)
                index += 2
                let low = try parseHexadecimal(after: second)
                if low & 0xfc00 == 0xdc00 {
                    unit = 0x10000 + (unit & 0x3ff) << 10 + (low & 0x3ff)
                } else {
                    index = before
                }
            }
            let scalar = Unicode.Scalar(unit) ?? "\u{fffd}"
            text.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
        default: throw fail("Invalid \\escape", at: backslash)
        }
    }

    private mutating func parseHexadecimal(after backslash: Int) throws(JSONReadError) -> UInt32 {
        guard bytes.count - index >= 4 else { throw fail("Invalid \\uXXXX escape", at: backslash + 1) }
        var value: UInt32 = 0
        for offset in 0..<4 {
            guard let digit = Character(UnicodeScalar(bytes[index + offset])).hexDigitValue,
                bytes[index + offset] < 0x80
            else { throw fail("Invalid \\uXXXX escape", at: backslash + 1) }
            value = value << 4 | UInt32(digit)
        }
        index += 4
        return value
    }

    // MARK: Numbers

    private mutating func parseNumber() throws(JSONReadError) -> JSONValue {
        let start = index
        if current == UInt8(ascii: "-") { index += 1 }
        guard let first = current, (0x30...0x39).contains(first) else { throw fail("Expecting value", at: start) }
        index += 1
        if first != 0x30 { skipDigits() }
        let integerEnd = index
        if current == UInt8(ascii: "."), let next = byte(at: index + 1), (0x30...0x39).contains(next) {
            index += 1
            skipDigits()
        }
        if let e = current, e | 0x20 == UInt8(ascii: "e") {
            let sign = byte(at: index + 1)
            let digit = index + (sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") ? 2 : 1)
            if let next = byte(at: digit), (0x30...0x39).contains(next) {
                index = digit
                skipDigits()
            }
        }
        let text = String(decoding: UnsafeRawBufferPointer(rebasing: bytes[start..<index]), as: UTF8.self)
        if index > integerEnd { return .double(Double(text) ?? .nan) }
        if let number = Int(text) { return .int(number) }
        guard index - start <= Self.maxIntegerDigits, let large = JSONLargeInteger(text) else {
            throw .unreadable("an integer of more than \(Self.maxIntegerDigits) digits")
        }
        return .largeInteger(large)
    }

    private func byte(at position: Int) -> UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipDigits() {
        while let byte = current, (0x30...0x39).contains(byte) { index += 1 }
    }
}

extension JSONValue {
    /// Reads a JSON text.
    ///
    /// - Throws: ``ProtocolError`` with code `.invalidJSON`, naming place and mistake, or `.unreadableJSON`.
    public init(parsing text: some Collection<UInt8>) throws {
        do { self = try JSONParser.parse(text) } catch { throw error.asProtocolError }
    }

    /// Reads a JSON text.
    public init(parsing text: String) throws { try self.init(parsing: Array(text.utf8)) }
}
