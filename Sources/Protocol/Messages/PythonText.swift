/// Texts as Python prints them in its messages.
enum PythonText {
    /// In single quotes, in double ones if the text has single ones and no double ones; what is not printable is escaped.
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

    /// The blank, and everything that Unicode calls neither a separator nor "other".
    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return (0x20..<0x7f).contains(scalar.value) }
        return switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned: false
        case .lineSeparator, .paragraphSeparator, .spaceSeparator: false
        default: true
        }
    }

    /// `\x85`, `\u2028` or `\U000e0001`.
    private static func escape(_ scalar: Unicode.Scalar) -> String {
        let (letter, width) = scalar.value < 0x100 ? ("x", 2) : scalar.value < 0x10000 ? ("u", 4) : ("U", 8)
        let digits = String(scalar.value, radix: 16)
        return "\\" + letter + String(repeating: "0", count: width - digits.utf8.count) + digits
    }
}
