import BenchmarkProtocol
import Testing

@Suite("Slices with Python's meaning")
struct SliceTests {
    @Test(
        "a slice selects what it does in Python",
        arguments: [
            ("0:2", [1, 2]), ("3:", [4, 5]), ("-2:", [4, 5]), (":-1", [1, 2, 3, 4]), ("::2", [1, 3, 5]),
            ("::-1", [5, 4, 3, 2, 1]), ("4:1:-1", [5, 4, 3]), ("2", [3, 4, 5]), ("-1", [5]), (":", [1, 2, 3, 4, 5]),
            ("0:0", []), ("10:", []), ("999999999999999999999:", []), ("-99999999999999999999:", [1, 2, 3, 4, 5]),
            (" 1 : 3 ", [2, 3]), ("+1:3", [2, 3]), ("1_0:", []), ("٢:", [3, 4, 5]), ("::99999999999999999999", [1]),
            ("::-99999999999999999999", [5]), ("-1:-4:-1", [5, 4, 3]), ("9:-99:-2", [5, 3, 1]),
        ]
    )
    func selects(_ text: String, _ expected: [Int]) throws {
        #expect(try SliceExpression(text).apply(to: [1, 2, 3, 4, 5]) == expected)
    }

    @Test(
        "an invalid slice is refused with Python's message",
        arguments: [
            ("a:b", "invalid literal for int() with base 10: 'a'"),
            ("0x1:", "invalid literal for int() with base 10: '0x1'"),
            ("1.5:", "invalid literal for int() with base 10: '1.5'"),
            ("1:x", "invalid literal for int() with base 10: 'x'"),
            ("1:it's", "invalid literal for int() with base 10: \"it's\""),
            (" :", "invalid literal for int() with base 10: ' '"),
            ("1__0:", "invalid literal for int() with base 10: '1__0'"),
            ("1:2:3:4", "Invalid slice format"), (":::", "Invalid slice format"), ("::0", "slice step cannot be zero"),
        ]
    )
    func refuses(_ text: String, _ message: String) {
        #expect(throws: ProtocolError(.invalidSlice, message)) { try SliceExpression(text) }
    }

    @Test(
        "a part that is not an integer is quoted the way Python prints it",
        arguments: [
            ("\u{2003}1:\u{85}x", "'\\x85x'"), ("é\n\r\t\\", #"'é\n\r\t\\'"#), ("\"'", #"'"\''"#), ("\"", #"'"'"#),
            ("\0\u{7f}", #"'\x00\x7f'"#), ("\u{200b}1", #"'\u200b1'"#), ("\u{a0}-\u{a0}", #"'\xa0-\xa0'"#),
            ("\u{e0001}", #"'\U000e0001'"#), ("\u{e000}", #"'\ue000'"#), ("😀", "'😀'"), ("²", "'²'"),
            ("\u{1c}1", #"'\x1c1'"#),
            ("+ 1", "'+ 1'"), ("--1", "'--1'"), ("_1", "'_1'"), ("1_", "'1_'"), ("-", "'-'"),
            ("\u{2212}1", "'\u{2212}1'"),
            ("e\u{301}", "'e\u{301}'"),
        ]
    )
    func quotes(_ text: String, _ quoted: String) {
        #expect(throws: ProtocolError(.invalidSlice, "invalid literal for int() with base 10: \(quoted)")) {
            try SliceExpression(text)
        }
    }

    @Test("the error names the first part that is not an integer")
    func firstFailure() {
        #expect(throws: ProtocolError(.invalidSlice, "invalid literal for int() with base 10: 'y'")) {
            try SliceExpression("1:y:0")
        }
    }

    @Test("the quotation of a long part is cut after 200 characters")
    func longPart() {
        let quoted = "'" + String(repeating: "x", count: 199)
        #expect(throws: ProtocolError(.invalidSlice, "invalid literal for int() with base 10: \(quoted)")) {
            try SliceExpression(String(repeating: "x", count: 100_000))
        }
    }

    @Test("any amount of white space may surround an integer")
    func manyBlanks() throws {
        let blanks = String(repeating: " \u{2003}\n", count: 50_000)
        #expect(try SliceExpression("\(blanks)-2\(blanks):").indices(count: 5) == [3, 4])
    }

    @Test("bounds may have 4300 digits, including leading zeros", arguments: ["9", "0"])
    func manyDigits(_ digit: String) throws {
        let longest = String(repeating: digit, count: 4300)
        #expect(try SliceExpression("-\(longest):").indices(count: 2) == [0, 1])
        #expect(throws: ProtocolError.self) { try SliceExpression("-\(longest)\(digit):") }
    }

    @Test("parsing the slice of a filter without one is an error", arguments: [nil, ""])
    func noSlice(_ slice: String?) {
        #expect(throws: ProtocolError(.invalidSlice, "Slice is not provided")) {
            try TaskFilter(slice: slice).parseSlice()
        }
    }

    @Test("a slice of an empty list is empty", arguments: ["", ":", "::-1", "5:", "-3:"])
    func empty(_ text: String) throws {
        #expect(try SliceExpression(text).indices(count: 0) == [])
    }

    @Test("an integer of too many digits is refused")
    func tooManyDigits() {
        let text = String(repeating: "9", count: 4301) + ":"
        #expect(throws: ProtocolError.self) { try SliceExpression(text) }
    }
}
