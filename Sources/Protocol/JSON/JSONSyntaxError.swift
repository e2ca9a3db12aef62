/// Why a text is not JSON, and where: in the words of Python's decoder, which the service contract's answers quote.
package struct JSONSyntaxError: Error, Sendable, Hashable {
    /// For example `Expecting value`.
    package let message: String
    /// The place of the mistake, in code points from the start of the text.
    package let offset: Int
    /// The line of that place, from 1.
    package let line: Int
    /// The column of that place, in code points, from 1.
    package let column: Int

    init(_ message: String, atByte byte: Int, of text: UnsafeRawBufferPointer) {
        self.message = message
        var (offset, line, lineStart) = (0, 1, 0)
        for position in 0..<min(byte, text.count) where text[position] & 0xc0 != 0x80 {
            offset += 1
            if text[position] == 0x0a { (line, lineStart) = (line + 1, offset) }
        }
        (self.offset, self.line, self.column) = (offset, line, offset - lineStart + 1)
    }

    /// As Python prints it: `Expecting value: line 1 column 1 (char 0)`.
    package var description: String { "\(message): line \(line) column \(column) (char \(offset))" }
}

/// The ways in which reading a text as JSON can fail.
package enum JSONReadError: Error, Sendable, Hashable {
    /// It breaks the grammar.
    case syntax(JSONSyntaxError)
    /// It is not in a Unicode encoding, is nested too deeply, or has an integer with too many digits.
    case unreadable(String)

    /// The error that the module's public functions throw.
    package var asProtocolError: ProtocolError {
        switch self {
        case .syntax(let error): ProtocolError(.invalidJSON, error.description)
        case .unreadable(let reason): ProtocolError(.unreadableJSON, reason)
        }
    }
}
