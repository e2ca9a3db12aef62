/// Texts as Python prints them in its messages.
enum PythonText {
    /// Returns a text in single quotes, or in double ones if it has single ones only; unprintable scalars are escaped.
    static func quoted(_ text: some Collection<Unicode.Scalar>) -> String {
        let quote: Unicode.Scalar = text.contains("'") && !text.contains("\"") ? "\"" : "'"
        var quoted = String.UnicodeScalarView()
        quoted.append(quote)
        for scalar in text {
            switch scalar {
            case "\\", quote: quoted.append(contentsOf: ["\\", scalar])
            case "\n": quoted.append(contentsOf: "\\n".unicodeScalars)
            case "\r": quoted.append(contentsOf: "\\r".unicodeScalars)
            case "\t": quoted.append(contentsOf: "\\t".unicodeScalars)
            case _ where isPrintable(scalar): quoted.append(scalar)
            default: quoted.append(contentsOf: escape(scalar).unicodeScalars)
            }
        }
        quoted.append(quote)
        return String(quoted)
    }

    /// Returns whether a scalar is the space, or in none of the Unicode categories of separators and "other".
    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return (0x20..<0x7f).contains(scalar.value) }
        return switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned: false
        case .lineSeparator, .paragraphSeparator, .spaceSeparator: false
        default: true
        }
    }

    /// Returns an escape such as `\x85`, `\u2028`, or `\U000e0001`.
    private static func escape(_ scalar: Unicode.Scalar) -> String {
        let (letter, width) = scalar.value < 0x100 ? ("x", 2) : scalar.value < 0x10000 ? ("u", 4) : ("U", 8)
        let digits = String(scalar.value, radix: 16)
        return "\\" + letter + String(repeating: "0", count: width - digits.utf8.count) + digits
    }
}
