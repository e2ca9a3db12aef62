/// Reads integers as Python's `int()` does, clamped to a range of `Int` that no list's length exceeds.
enum SliceInteger {
    /// Python's own limit; leading zeros count.
    private static let maxDigits = 4300
    /// Python cuts a text that it quotes in this message, which also keeps an absurd request from being echoed whole.
    private static let maxQuotedCharacters = 200

    /// - Throws: ``ProtocolError`` with code `.invalidSlice`.
    static func parse(_ part: Substring.UnicodeScalarView.SubSequence) throws -> Int {
        var scalars = Array(part)[...]
        while let first = scalars.first, first.properties.isWhitespace { scalars.removeFirst() }
        while let last = scalars.last, last.properties.isWhitespace { scalars.removeLast() }
        var isNegative = false
        if let sign = scalars.first, sign == "-" || sign == "+" {
            isNegative = sign == "-"
            scalars.removeFirst()
        }
        guard let digits = digits(scalars) else {
            let quoted = PythonText.quoted(part).unicodeScalars.prefix(maxQuotedCharacters)
            throw ProtocolError(.invalidSlice, "invalid literal for int() with base 10: \(String(quoted))")
        }
        if digits.count > maxDigits {
            throw ProtocolError(
                .invalidSlice,
                "Exceeds the limit (\(maxDigits) digits) for integer string conversion: value has \(digits.count) digits"
            )
        }
        var value = 0
        for digit in digits {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(digit)
            // Half of the range is more than any list has, and leaves room for adding the length of a list.
            if overflow || carry || sum > Int.max / 2 { return isNegative ? -(Int.max / 2) : Int.max / 2 }
            value = sum
        }
        return isNegative ? -value : value
    }

    /// Returns the digits, of any script and with single `_` between them, or `nil` for anything else.
    private static func digits(_ scalars: ArraySlice<Unicode.Scalar>) -> [Int]? {
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
