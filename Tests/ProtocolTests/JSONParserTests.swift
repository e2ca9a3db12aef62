import BenchmarkProtocol
import Testing

@Suite("Reading JSON, RFC 8259")
struct JSONParserTests {
    @Test(
        "a value comes out as it stands",
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

    @Test("a repeated key keeps its first place and gets its last value")
    func repeatedKey() throws {
        let value = try JSONValue(parsing: #"{"a":1,"b":2,"a":3}"#)
        #expect(try value.serialized() == Array(#"{"a":3,"b":2}"#.utf8))
    }

    @Test("keys that are canonically equivalent are two keys")
    func equivalentKeys() throws {
        let value = try JSONValue(parsing: "{\"\u{e9}\":1,\"e\u{301}\":2}")
        #expect(value.objectValue?.count == 2)
        #expect(value["\u{e9}"] == 1)
        #expect(value["e\u{301}"] == 2)
    }

    @Test("a large object finds all its keys, also after one was removed")
    func largeObject() {
        var object = JSONObject((0..<100).map { ("key \($0)", JSONValue.int($0)) })
        object["key 50"] = nil
        #expect(object.count == 99)
        #expect((0..<100).allSatisfy { object["key \($0)"] == ($0 == 50 ? nil : .int($0)) })
    }

    @Test(
        "a mistake is named with its place in code points",
        arguments: [
            ("", "Expecting value", 0), ("  ", "Expecting value", 2), ("{", propertyName, 1),
            (#"{"task_id": }"#, "Expecting value", 12), (#"{"a":1,}"#, propertyName, 7), ("[1,]", "Expecting value", 3),
            (#"{"a" 1}"#, "Expecting ':' delimiter", 5), (#"{"a":1 "b"}"#, "Expecting ',' delimiter", 7),
            ("[1 2]", "Expecting ',' delimiter", 3), ("{} x", "Extra data", 3), (#""é"x"#, "Extra data", 3),
            ("\"a\tb\"", "Invalid control character at", 2), (#""abc"#, "Unterminated string starting at", 0),
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
        "bytes that are no text, absurd nesting and absurd integers are unreadable",
        arguments: [
            [0x22, 0xff, 0x22], [0x22, 0xed, 0xa0, 0x80, 0x22], Array(repeating: 0x5b, count: 100_000),
            Array(repeating: 0x39, count: 4301),
        ] as [[UInt8]]
    )
    func unreadable(_ bytes: [UInt8]) {
        #expect {
            _ = try JSONParser.parse(bytes)
        } throws: { error in
            if case .unreadable? = error as? JSONReadError { true } else { false }
        }
    }

    @Test("every encoding of Unicode is recognised")
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

    @Test("a text cut or changed anywhere is read or refused, and never traps")
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
