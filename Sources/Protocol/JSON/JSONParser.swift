/// Parses a JSON text (RFC 8259) as Python's decoder does: it also accepts `NaN`, `Infinity`, and `-Infinity`, and
/// reads numbers beyond a double's range as infinities.
///
/// An escape that names half of a surrogate pair becomes U+FFFD, because a Swift string cannot hold it. A text may be
/// nested at most ``maxDepth`` levels deep, and integers may have at most ``maxIntegerDigits`` digits. Open arrays and
/// objects are kept on the heap, so that depth costs no stack.
package struct JSONParser {
    package static let maxDepth = 512
    package static let maxIntegerDigits = 4300

    /// An array or object whose end has not been read yet.
    ///
    /// In an object, each value belongs to the key at the same position.
    private struct Container {
        let isObject: Bool
        var keys: [String] = []
        var values: [JSONValue] = []

        consuming func closed() -> JSONValue {
            isObject ? .object(JSONObject(keys: keys, values: values)) : .array(values)
        }
    }

    // Valid UTF-8, alive for the one call of `parse(utf8:)` that makes the parser.
    private let bytes: UnsafeRawBufferPointer
    private var index = 0

    /// Parses a text in UTF-8, UTF-16, or UTF-32, with or without a byte order mark.
    package static func parse(_ input: some Collection<UInt8>) throws(JSONReadError) -> JSONValue {
        try parse(utf8: JSONEncodingDetection.utf8(Array(input)))
    }

    /// Parses a text that is known to be UTF-8, such as that of a text message.
    package static func parse(text: some Collection<UInt8>) throws(JSONReadError) -> JSONValue {
        try parse(utf8: JSONEncodingDetection.validated(Array(text)))
    }

    private static func parse(utf8 bytes: [UInt8]) throws(JSONReadError) -> JSONValue {
        // A result instead of a thrown error: `withUnsafeBytes` has no typed throws.
        let result = bytes.withUnsafeBytes { raw -> Result<JSONValue, JSONReadError> in
            var parser = JSONParser(bytes: raw)
            do throws(JSONReadError) { return .success(try parser.parseText()) } catch { return .failure(error) }
        }
        return try result.get()
    }

    private init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    private func fail(_ message: String, at position: Int) -> JSONReadError {
        .syntax(JSONSyntaxError(message, atByte: position, of: bytes))
    }

    private var current: UInt8? { byte(at: index) }

    private func byte(at position: Int) -> UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipBlanks() {
        while let byte = current, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 { index += 1 }
    }

    // MARK: Structure

    private mutating func parseText() throws(JSONReadError) -> JSONValue {
        var open: [Container] = []
        skipBlanks()
        while true {
            var value: JSONValue
            if let byte = current, byte == UInt8(ascii: "[") || byte == UInt8(ascii: "{") {
                let isObject = byte == UInt8(ascii: "{")
                guard open.count < Self.maxDepth else {
                    throw .unreadable("nested more than \(Self.maxDepth) levels deep")
                }
                index += 1
                skipBlanks()
                guard current == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) else {
                    open.append(Container(isObject: isObject))
                    if isObject { open[open.count - 1].keys.append(try parseKey()) }
                    continue
                }
                index += 1
                value = isObject ? .object([:]) : .array([])
            } else {
                value = try parseScalar()
            }
            // The value goes into the container around it, which goes into the next one if this was its last value.
            while true {
                skipBlanks()
                guard let isObject = open.last?.isObject else {
                    if index < bytes.count { throw fail("Extra data", at: index) }
                    return value
                }
                open[open.count - 1].values.append(value)
                if current == UInt8(ascii: ",") {
                    index += 1
                    skipBlanks()
                    if isObject { open[open.count - 1].keys.append(try parseKey()) }
                    break
                }
                guard current == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) else {
                    throw fail("Expecting ',' delimiter", at: index)
                }
                index += 1
                value = open.removeLast().closed()
            }
        }
    }

    /// Parses a key, with its colon and the blanks around it.
    private mutating func parseKey() throws(JSONReadError) -> String {
        guard current == UInt8(ascii: "\"") else {
            throw fail("Expecting property name enclosed in double quotes", at: index)
        }
        index += 1
        let key = try parseString()
        skipBlanks()
        guard current == UInt8(ascii: ":") else { throw fail("Expecting ':' delimiter", at: index) }
        index += 1
        skipBlanks()
        return key
    }

    private mutating func parseScalar() throws(JSONReadError) -> JSONValue {
        switch current {
        case UInt8(ascii: "\""):
            index += 1
            return .string(try parseString())
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

    // MARK: Strings

    /// Parses what follows an opening quote, up to and including the closing one.
    private mutating func parseString() throws(JSONReadError) -> String {
        let opening = index - 1
        let start = index
        index = JSONText.endOfPlainBytes(in: bytes, from: index)
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
                let end = JSONText.endOfPlainBytes(in: bytes, from: index)
                text.append(contentsOf: bytes[index..<end])
                index = end
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
        // Python requires a character after the four digits, and blames the escape if the text ends there.
        guard bytes.count - index > 4 else { throw fail("Invalid \\uXXXX escape", at: backslash + 1) }
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
        let isNegative = current == UInt8(ascii: "-")
        if isNegative { index += 1 }
        guard let first = current, (0x30...0x39).contains(first) else { throw fail("Expecting value", at: start) }
        index += 1
        if first != 0x30 { skipDigits() }
        let integerEnd = index
        skipFraction()
        skipExponent()
        if index == integerEnd {
            return try integer(bytes[start..<index], digits: index - start - (isNegative ? 1 : 0))
        }
        let text = String(decoding: UnsafeRawBufferPointer(rebasing: bytes[start..<index]), as: UTF8.self)
        guard let number = Double(text) else { throw .unreadable("a number beyond the range of a double") }
        return .double(number)
    }

    private func integer(_ text: Slice<UnsafeRawBufferPointer>, digits: Int) throws(JSONReadError) -> JSONValue {
        if digits <= 18 {  // every such number fits
            var magnitude = 0
            for byte in text where byte != UInt8(ascii: "-") { magnitude = magnitude * 10 + Int(byte &- 0x30) }
            return .int(digits < text.count ? -magnitude : magnitude)
        }
        let text = String(decoding: UnsafeRawBufferPointer(rebasing: text), as: UTF8.self)
        if let number = Int(text) { return .int(number) }
        guard digits <= Self.maxIntegerDigits, let large = JSONLargeInteger(text) else {
            throw .unreadable("an integer of more than \(Self.maxIntegerDigits) digits")
        }
        return .largeInteger(large)
    }

    /// Skips a point and digits, if there are both.
    private mutating func skipFraction() {
        guard current == UInt8(ascii: "."), let next = byte(at: index + 1), (0x30...0x39).contains(next) else { return }
        index += 1
        skipDigits()
    }

    /// Skips the letter, an optional sign, and digits, if there are letter and digits.
    private mutating func skipExponent() {
        guard let letter = current, letter | 0x20 == UInt8(ascii: "e") else { return }
        let sign = byte(at: index + 1)
        let digit = index + (sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") ? 2 : 1)
        guard let first = byte(at: digit), (0x30...0x39).contains(first) else { return }
        index = digit
        skipDigits()
    }

    private mutating func skipDigits() {
        while let byte = current, (0x30...0x39).contains(byte) { index += 1 }
    }
}

extension JSONValue {
    /// Parses a JSON text in UTF-8, UTF-16, or UTF-32, detected from its first bytes, with or without a byte order
    /// mark.
    ///
    /// - Throws: ``ProtocolError`` with code `.invalidJSON`, naming the place and the mistake, or `.unreadableJSON`.
    public init(parsing text: some Collection<UInt8>) throws {
        do { self = try JSONParser.parse(text) } catch { throw error.asProtocolError }
    }

    /// Parses a JSON text.
    ///
    /// - Throws: ``ProtocolError`` with code `.invalidJSON`, naming the place and the mistake, or `.unreadableJSON`.
    public init(parsing text: String) throws {
        do { self = try JSONParser.parse(text: text.utf8) } catch { throw error.asProtocolError }
    }
}
