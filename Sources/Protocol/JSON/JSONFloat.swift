/// How small doubles are written.
///
/// HTTP bodies and stream messages differ in the original service, and so they do here.
public enum JSONFloatStyle: Sendable, Hashable {
    /// `0.00001` and `1e-6`.
    case http
    /// `1e-05` and `1e-06`.
    case stream
}

/// Doubles as text.
enum JSONFloat {
    /// Returns the shortest digits that read back as the number; `null` if it is not finite.
    ///
    /// Whole numbers below 1e16 keep `.0`. Numbers below 1e-4 (streams) or 1e-5 (HTTP) get an exponent.
    static func text(_ number: Double, _ style: JSONFloatStyle) -> String {
        if !number.isFinite { return "null" }
        let text = number.description  // the shortest digits, but with Swift's own choice of exponent
        if number.magnitude < 1e16, !text.utf8.contains(UInt8(ascii: "e")) { return text }
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
