import BenchmarkProtocol
import Testing

@Suite("Reading JSON, RFC 8259")
struct JSONParserTests {
    @Test(
        "every kind of value is parsed",
        arguments: [
            ("null", .null), ("true", .bool(true)), (" false\n", .bool(false)), ("0", .int(0)), ("-7", .int(-7)),
            ("1.0", .double(1)), ("1e2", .double(100)), ("-0.0", .double(-0.0)), ("1E+2", .double(100)),
            ("9223372036854775807", .int(.max)), ("-9223372036854775808", .int(.min)),
            ("1e400", .double(.infinity)), ("Infinity", .double(.infinity)), ("-Infinity", .double(-.infinity)),
            (#""""#, ""), (#""a\"\\\/\b\f\n\r\t""#, "a\"\\/\u{8}\u{c}\n\r\t"), (#""\u00e9\ud83d\ude00""#, "é😀"),
            (#""é😀""#, "é😀"), (#""\ud800""#, "\u{fffd}"), (#""\ud800\u0041""#, "\u{fffd}A"),
            ("[]", []), ("[1,[2],{}]", [1, [2], [:]]), (#"{"b":1,"a":{"c":[]}}"#, ["b": 1, "a": ["c": []]]),
        ] as [(String, JSONValue)]
    )
    func value(_ text: String, _ expected: JSONValue) throws {
        #expect(try JSONValue(parsing: text) == expected)
    }

    @Test("an integer of any size keeps its digits")
    func largeInteger() throws {
        let digits = "-123456789012345678901234567890"
        guard case .largeInteger(let number) = try JSONValue(parsing: digits) else {
            Issue.record("not a large integer")
            return
        }
        #expect(number.description == digits)
        #expect(try JSONValue(parsing: digits).serialized() == Array(digits.utf8))
    }

    @Test("a duplicate key keeps its first place and gets its last value")
    func repeatedKey() throws {
        let value = try JSONValue(parsing: #"{"a":1,"b":2,"a":3}"#)
        #expect(try value.serialized() == Array(#"{"a":3,"b":2}"#.utf8))
    }

    @Test("keys that are canonically equivalent but differ in scalars are different keys")
    func equivalentKeys() throws {
        let value = try JSONValue(parsing: "{\"\u{e9}\":1,\"e\u{301}\":2}")
        #expect(value.objectValue?.count == 2)
        #expect(value["\u{e9}"] == 1)
        #expect(value["e\u{301}"] == 2)
    }

    @Test(
        "a syntax error has Python's message and an offset in code points",
        arguments: [
            ("", "Expecting value", 0), ("  ", "Expecting value", 2), ("{", propertyName, 1),
            (#"{"task_id": }"#, "Expecting value", 12), (#"{"a":1,}"#, propertyName, 7), ("[1,]", "Expecting value", 3),
            (#"{"a" 1}"#, "Expecting ':' delimiter", 5), (#"{"a":1 "b"}"#, "Expecting ',' delimiter", 7),
            ("[1 2]", "Expecting ',' delimiter", 3), ("{} x", "Extra data", 3), (#""é"x"#, "Extra data", 3),
            ("\"a\tb\"", "Invalid control character at", 2), (#""abc"#, "Unterminated string starting at", 0),
            ("[", "Expecting value", 1), (#"{"a":"#, "Expecting value", 5),
            (#"{"a":1,"b":[2,}"#, "Expecting value", 14),
            ("[1}", "Expecting ',' delimiter", 2), (#"{"a":1]"#, "Expecting ',' delimiter", 6),
            ("[-]", "Expecting value", 1),
            ("1 \0", "Extra data", 2), ("-01", "Extra data", 2), ("1.5e+", "Extra data", 3), ("NaNN", "Extra data", 3),
            ("\"\n\"", "Invalid control character at", 1), ("\"é\\", "Unterminated string starting at", 0),
            (#""\ud83d\u12""#, #"Invalid \uXXXX escape"#, 8), (#""\u1234"#, #"Invalid \uXXXX escape"#, 2),
            (#""\u+123""#, #"Invalid \uXXXX escape"#, 2), (#""\uD83D\x""#, #"Invalid \escape"#, 7),
            (#""\x""#, #"Invalid \escape"#, 1), (#""\u12"#, #"Invalid \uXXXX escape"#, 2),
            ("nul", "Expecting value", 0),
            ("01", "Extra data", 1), ("1.", "Extra data", 1), ("-", "Expecting value", 0), ("+1", "Expecting value", 0),
        ]
    )
    func mistake(_ text: String, _ message: String, _ offset: Int) {
        #expect {
            _ = try JSONParser.parse(text.utf8)
        } throws: { error in
            guard case .syntax(let syntax)? = error as? JSONReadError else { return false }
            return syntax.message == message && syntax.offset == offset
        }
    }
    private static let propertyName = "Expecting property name enclosed in double quotes"

    @Test(
        "the line and column of a syntax error are counted in line feeds and code points",
        arguments: [
            ("", "Expecting value: line 1 column 1 (char 0)"),
            ("{\n \"é\": x}", "Expecting value: line 2 column 7 (char 8)"),
            ("[1,\r\n\n", "Expecting value: line 3 column 1 (char 6)"),
            ("\"😀\" 2", "Extra data: line 1 column 5 (char 4)"),
        ]
    )
    func place(_ text: String, _ description: String) {
        #expect(throws: ProtocolError(.invalidJSON, description)) { try JSONValue(parsing: text) }
    }

    struct Unreadable: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let bytes: [UInt8]

        init(_ name: String, _ bytes: [UInt8]) { (testDescription, self.bytes) = (name, bytes) }

        static let all = [
            Unreadable("a stray byte", [0x22, 0xff, 0x22]),
            Unreadable("a cut sequence", [0x22, 0xe2, 0x82, 0x22]),
            Unreadable("an overlong sequence", [0x22, 0xc0, 0xaf, 0x22]),
            Unreadable("an encoded surrogate", [0x22, 0xed, 0xa0, 0x80, 0x22]),
            Unreadable("half a unit of UTF-16", [0xff, 0xfe, 0x31]),
            Unreadable("half a unit of UTF-32", [0x00, 0x00, 0x00, 0x31, 0x00]),
            Unreadable("a surrogate alone in UTF-16", [0xff, 0xfe, 0x00, 0xd8]),
            Unreadable("100,000 arrays", Array(repeating: 0x5b, count: 100_000)),
            Unreadable("100,000 objects", Array(String(repeating: #"{"":"#, count: 100_000).utf8)),
            Unreadable("an integer of 4301 digits", Array(repeating: 0x39, count: 4301)),
        ]
    }

    @Test(
        "bytes that are not text, excessive nesting and excessively long integers are unreadable",
        arguments: Unreadable.all
    )
    func unreadable(_ example: Unreadable) {
        #expect {
            _ = try JSONParser.parse(example.bytes)
        } throws: { error in
            if case .unreadable? = error as? JSONReadError { true } else { false }
        }
    }

    @Test("an integer may have 4300 digits, not counting its sign", arguments: ["", "-"])
    func longestInteger(_ sign: String) throws {
        let digits = sign + String(repeating: "9", count: 4300)
        #expect(try JSONValue(parsing: digits) == .largeInteger(try #require(JSONLargeInteger(digits))))
    }

    @Test("minus zero is the integer zero, and keeps its sign only as a double")
    func minusZero() throws {
        #expect(try JSONValue(parsing: "-0").serialized() == Array("0".utf8))
        #expect(try JSONValue(parsing: "-0.0").serialized() == Array("-0.0".utf8))
    }

    @Test("numbers outside the range of a double become infinite or zero, and long ones are rounded")
    func longNumbers() throws {
        #expect(try JSONValue(parsing: "-1e99999999999999999999") == .double(-.infinity))
        #expect(try JSONValue(parsing: "1e-99999999999999999999") == .double(0))
        #expect(try JSONValue(parsing: "1." + String(repeating: "3", count: 50_000)) == .double(4.0 / 3))
    }

    @Test("512 levels are read, 513 are not", arguments: [("[", "]"), (#"{"a":"#, "}")])
    func depth(_ opening: String, _ closing: String) throws {
        func nested(_ depth: Int) -> String {
            String(repeating: opening, count: depth) + "1" + String(repeating: closing, count: depth)
        }
        var value: JSONValue? = try JSONValue(parsing: nested(512))
        for _ in 0..<512 { value = value?[0] ?? value?["a"] }
        #expect(value == 1)
        #expect(throws: ProtocolError.self) { try JSONValue(parsing: nested(513)) }
    }

    @Test("quotes, escapes and control characters are found at every position in a string")
    func everyPlace() throws {
        for count in 0..<40 {
            for filler in ["x", "é", "\u{7f}"] {
                let head = String(repeating: filler, count: count)
                #expect(try JSONValue(parsing: "\"\(head)\"") == .string(head))
                #expect(try JSONValue(parsing: "\"\(head)\\n\(head)\"") == .string("\(head)\n\(head)"))
                #expect(throws: ProtocolError.self) { try JSONValue(parsing: "\"\(head)\u{1f}\(head)\"") }
            }
        }
    }

    @Test("UTF-8 with a byte order mark, UTF-16 and UTF-32 are recognized")
    func encodings() throws {
        let text = #"{"a":"é"}"#
        let utf16 = Array(text.utf16), utf32 = text.unicodeScalars.map(\.value)
        let encoded: [[UInt8]] = [
            [0xef, 0xbb, 0xbf] + text.utf8,
            utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] },
            utf16.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] },
            [0xff, 0xfe] + utf16.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] },
            utf32.flatMap { [0, 0, UInt8($0 >> 8), UInt8($0 & 255)] },
            utf32.flatMap { [UInt8($0 & 255), UInt8($0 >> 8), 0, 0] },
        ]
        for bytes in encoded { #expect(try JSONValue(parsing: bytes) == ["a": "é"]) }
    }

    @Test(
        "bytes with zeros are read in the encoding that Python detects",
        arguments: [
            ([0x31, 0x00], 1), ([0x00, 0x31], 1), ([0x31, 0x00, 0x20, 0x00], 1), ([0x00, 0x31, 0x00, 0x20], 1),
            ([0x31, 0x00, 0x00, 0x00], 1), ([0x00, 0x00, 0x00, 0x31], 1), ([0xff, 0xfe, 0x31, 0x00], 1),
            ([0xfe, 0xff, 0x00, 0x31], 1), ([0xff, 0xfe, 0x00, 0x00, 0x31, 0x00, 0x00, 0x00], 1),
            ([0x00, 0x00, 0xfe, 0xff, 0x00, 0x00, 0x00, 0x31], 1), ([0xef, 0xbb, 0xbf, 0x31], 1),
            ([0x31, 0x00, 0x20], nil), ([0x00], nil), ([0xef, 0xbb, 0xbf], nil), ([0xff, 0xfe], nil),
        ] as [([UInt8], JSONValue?)]
    )
    func detection(_ bytes: [UInt8], _ expected: JSONValue?) {
        #expect((try? JSONParser.parse(bytes)) == expected)
    }

    @Test("a string is not mistaken for another encoding")
    func noDetection() throws {
        #expect(throws: ProtocolError(.invalidJSON, "Extra data: line 1 column 2 (char 1)")) {
            try JSONValue(parsing: "1\0")
        }
        #expect(try JSONValue(parsing: "\u{feff}1") == 1)
    }

    @Test("a text truncated or changed anywhere is parsed or refused, and never traps")
    func damaged() {
        let text = Array(#"{"a":[1,-2.5e3,"x\u00e9\n",{"b":null}],"c":true}"#.utf8)
        for index in text.indices {
            _ = try? JSONParser.parse(text[..<index])
            for byte in [0x00, 0x22, 0x2c, 0x5c, 0x7b, 0x80, 0xff] as [UInt8] {
                var changed = text
                changed[index] = byte
                _ = try? JSONParser.parse(changed)
            }
        }
    }
}
