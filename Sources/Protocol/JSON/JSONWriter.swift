/// How small and large doubles are written.
///
/// HTTP bodies and stream messages differ in the original, and so here.
public enum JSONFloatStyle: Sendable, Hashable {
    /// `0.00001` and `1e-6`.
    case http
    /// `1e-05` and `1e-06`.
    case stream
}

/// Writes compact JSON: no blanks, text as raw UTF-8, the shortest digits that read back as the same number.
package struct JSONWriter {
    /// How deep a value may be nested to be written.
    package static let maxDepth = 254

    package private(set) var bytes: [UInt8] = []
    private let floats: JSONFloatStyle

    package init(floats: JSONFloatStyle = .http) { self.floats = floats }

    /// Appends JSON that was written before.
    mutating func append(_ json: StaticString) {
        bytes.append(contentsOf: UnsafeRawBufferPointer(start: json.utf8Start, count: json.utf8CodeUnitCount))
    }

    /// Appends a value; numbers that JSON has no form for become `null`.
    ///
    /// - Throws: ``ProtocolError`` with code `.notEncodable` for a value nested too deeply.
    package mutating func write(_ value: JSONValue) throws { try write(value, depth: 0) }

    private mutating func write(_ value: JSONValue, depth: Int) throws {
        switch value {
        case .null: bytes += "null".utf8
        case .bool(let value): bytes += (value ? "true" : "false").utf8
        case .int(let number): bytes += String(number).utf8
        case .largeInteger(let number): bytes += number.description.utf8
        case .double(let number): write(number)
        case .string(let text): write(text)
        case .array(let values):
            try open(depth)
            bytes.append(UInt8(ascii: "["))
            for (index, value) in values.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                try write(value, depth: depth + 1)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let object):
            try open(depth)
            bytes.append(UInt8(ascii: "{"))
            for (index, element) in object.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                write(element.key)
                bytes.append(UInt8(ascii: ":"))
                try write(element.value, depth: depth + 1)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    private func open(_ depth: Int) throws {
        guard depth < Self.maxDepth else {
            throw ProtocolError(
                .notEncodable,
                "a value nested more than \(Self.maxDepth) levels deep cannot be encoded"
            )
        }
    }

    /// Appends a text in quotes.
    package mutating func write(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""): bytes += #"\""#.utf8
            case UInt8(ascii: "\\"): bytes += #"\\"#.utf8
            case 0x08: bytes += #"\b"#.utf8
            case 0x0c: bytes += #"\f"#.utf8
            case 0x0a: bytes += #"\n"#.utf8
            case 0x0d: bytes += #"\r"#.utf8
            case 0x09: bytes += #"\t"#.utf8
            case ..<0x20:
                let digits = Array("0123456789abcdef".utf8)
                bytes += [
                    UInt8(ascii: "\\"), UInt8(ascii: "u"), 0x30, 0x30, digits[Int(byte >> 4)], digits[Int(byte & 15)],
                ]
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func write(_ number: Double) {
        bytes += JSONFloat.text(number, floats).utf8
    }
}

/// Doubles as text.
enum JSONFloat {
    /// The shortest digits that read back as the number; `null` for what is not finite.
    ///
    /// Whole numbers keep `.0` below 1e16. Small ones get an exponent from 1e-5 (streams) or 1e-6 (HTTP) downwards.
    static func text(_ number: Double, _ style: JSONFloatStyle) -> String {
        if !number.isFinite { return "null" }
        let text = number.description  // the shortest digits, but with Swift's own choice of exponent
        let parts = text.split(separator: "e", maxSplits: 1)
        let sign = parts[0].hasPrefix("-") ? "-" : ""
        let mantissa = parts[0].drop { $0 == "-" }.split(separator: ".", maxSplits: 1)
        let (whole, fraction) = (String(mantissa[0]), mantissa.count > 1 ? String(mantissa[1]) : "")
        var digits = Array((whole + fraction).utf8)
        var point = whole.utf8.count + (parts.count > 1 ? Int(parts[1]) ?? 0 : 0)  // digits before the decimal point
        while digits.count > 1, digits.first == 0x30 {
            digits.removeFirst()
            point -= 1
        }
        while digits.count > 1, digits.last == 0x30 { digits.removeLast() }
        if digits == [0x30] { return sign + "0.0" }
        let exponent = point - 1
        let smallest = style == .http ? -5 : -4
        if exponent < smallest || exponent >= 16 { return sign + scientific(digits, exponent, style) }
        return sign + decimal(digits, point)
    }

    private static func decimal(_ digits: [UInt8], _ point: Int) -> String {
        let text = String(decoding: digits, as: UTF8.self)
        if point <= 0 { return "0." + String(repeating: "0", count: -point) + text }
        if point >= digits.count { return text + String(repeating: "0", count: point - digits.count) + ".0" }
        return String(decoding: digits[..<point], as: UTF8.self) + "."
            + String(decoding: digits[point...], as: UTF8.self)
    }

    private static func scientific(_ digits: [UInt8], _ exponent: Int, _ style: JSONFloatStyle) -> String {
        var text = String(decoding: digits.prefix(1), as: UTF8.self)
        if digits.count > 1 { text += "." + String(decoding: digits.dropFirst(), as: UTF8.self) }
        if exponent >= 0 { return "\(text)e+\(exponent)" }
        return "\(text)e-" + (style == .stream && -exponent < 10 ? "0" : "") + "\(-exponent)"
    }
}

extension JSONValue {
    /// The value as compact JSON in UTF-8.
    ///
    /// - Throws: ``ProtocolError`` with code `.notEncodable` for a value nested more than 254 levels deep.
    public func serialized(floats: JSONFloatStyle = .http) throws -> [UInt8] {
        var writer = JSONWriter(floats: floats)
        try writer.write(self)
        return writer.bytes
    }
}
