/// A slice of a list, `start:stop:step`, with the meaning it has in Python.
///
/// Every part may be missing; negative bounds count from the end; one part alone is the start. Integers of any size are
/// understood, with blanks around them, a sign, `_` between digits, and the decimal digits of any script.
public struct SliceExpression: Sendable, Hashable {
    private let start: Int?
    private let stop: Int?
    private let step: Int

    /// Parses a slice.
    ///
    /// - Throws: ``ProtocolError`` with code `.invalidSlice`, in the words that clients know from Python.
    public init(_ text: String) throws {
        let parts = text.unicodeScalars.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 3 else { throw ProtocolError(.invalidSlice, "Invalid slice format") }
        var bounds: [Int?] = []
        for part in parts { bounds.append(part.isEmpty ? nil : try SliceInteger.parse(part)) }
        while bounds.count < 3 { bounds.append(nil) }
        (start, stop, step) = (bounds[0], bounds[1], bounds[2] ?? 1)
        if step == 0 { throw ProtocolError(.invalidSlice, "slice step cannot be zero") }
    }

    /// The elements that the slice selects, in its order.
    public func apply<Element>(to elements: [Element]) -> [Element] {
        indices(count: elements.count).map { elements[$0] }
    }

    /// The indices that the slice selects in a list of `count` elements.
    public func indices(count: Int) -> [Int] {
        let (lowest, highest) = step > 0 ? (0, count) : (-1, count - 1)
        func clamped(_ bound: Int?, absent: Int) -> Int {
            guard let bound else { return absent }
            let fromFront = bound < 0 ? bound.addingReportingOverflow(count).partialValue : bound
            return min(max(fromFront, lowest), highest)
        }
        let first = clamped(start, absent: step > 0 ? 0 : count - 1)
        let end = clamped(stop, absent: step > 0 ? count : -1)
        var indices: [Int] = []
        var index = first
        while step > 0 ? index < end : index > end {
            indices.append(index)
            let (next, overflow) = index.addingReportingOverflow(step)
            if overflow { break }
            index = next
        }
        return indices
    }
}

/// Integers as Python's `int()` reads them, brought into the range of `Int`, beyond which no list reaches.
private enum SliceInteger {
    static func parse(_ part: Substring.UnicodeScalarView.SubSequence) throws -> Int {
        var scalars = Array(part)
        while let first = scalars.first, first.properties.isWhitespace { scalars.removeFirst() }
        while let last = scalars.last, last.properties.isWhitespace { scalars.removeLast() }
        var isNegative = false
        if let sign = scalars.first, sign == "-" || sign == "+" {
            isNegative = sign == "-"
            scalars.removeFirst()
        }
        guard let digits = digits(scalars) else {
            let quoted = PythonText.quoted(String(String.UnicodeScalarView(part)))
            throw ProtocolError(.invalidSlice, "invalid literal for int() with base 10: \(quoted)")
        }
        if digits.count > 4300 {
            throw ProtocolError(
                .invalidSlice,
                "Exceeds the limit (4300 digits) for integer string conversion: value has \(digits.count) digits"
            )
        }
        var value = 0
        for digit in digits {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(digit)
            // Half of the range is more than any list has, and leaves room for adding its length.
            if overflow || carry || sum > Int.max / 2 { return isNegative ? -(Int.max / 2) : Int.max / 2 }
            value = sum
        }
        return isNegative ? -value : value
    }

    /// The digits, of any script, with single `_` between them; nil for anything else.
    private static func digits(_ scalars: [Unicode.Scalar]) -> [Int]? {
        var digits: [Int] = []
        var mayBeUnderscore = false
        for scalar in scalars {
            if scalar == "_" {
                if !mayBeUnderscore { return nil }
                mayBeUnderscore = false
                continue
            }
            guard scalar.properties.generalCategory == .decimalNumber, let value = scalar.properties.numericValue,
                let digit = Int(exactly: value)
            else { return nil }
            digits.append(digit)
            mayBeUnderscore = true
        }
        return mayBeUnderscore ? digits : nil
    }
}

/// Texts as Python prints them in its messages.
enum PythonText {
    /// In single quotes, in double ones if the text has single ones and no double ones; control characters escaped.
    static func quoted(_ text: String) -> String {
        let quote = text.unicodeScalars.contains("'") && !text.unicodeScalars.contains("\"") ? "\"" : "'"
        var quoted = quote
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\r": quoted += "\\r"
            case "\t": quoted += "\\t"
            case "'" where quote == "'": quoted += "\\'"
            case _ where scalar.value < 0x20 || scalar.value == 0x7f:
                let digits = String(scalar.value, radix: 16)
                quoted += "\\x" + (digits.count == 1 ? "0" : "") + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + quote
    }
}
