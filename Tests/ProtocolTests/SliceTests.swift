import BenchmarkProtocol
import Testing

@Suite("Slices, with the meaning they have in Python")
struct SliceTests {
    @Test(
        "a slice selects",
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
        "what is no slice is refused in Python's words",
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

    @Test("a slice of nothing is nothing", arguments: ["", ":", "::-1", "5:", "-3:"])
    func empty(_ text: String) throws {
        #expect(try SliceExpression(text).indices(count: 0) == [])
    }

    @Test("an integer of too many digits is refused")
    func tooManyDigits() {
        let text = String(repeating: "9", count: 4301) + ":"
        #expect(throws: ProtocolError.self) { try SliceExpression(text) }
    }
}
