import BenchmarkProtocol
import Testing

@Suite("Writing JSON the way the service contract does")
struct JSONWriterTests {
    private func text(_ value: JSONValue, _ floats: JSONFloatStyle = .http) throws -> String {
        String(decoding: try value.serialized(floats: floats), as: UTF8.self)
    }

    @Test("objects keep their order and are written without spaces")
    func compact() throws {
        #expect(try text(["b": [1, 2.5, true, nil], "a": [:]]) == #"{"b":[1,2.5,true,null],"a":{}}"#)
    }

    @Test(
        "strings are written raw, except for characters that must be escaped",
        arguments: [
            ("é😀/", #""é😀/""#), ("\"\\", #""\"\\""#), ("\u{8}\u{c}\n\r\t", #""\b\f\n\r\t""#),
            ("\u{0}\u{1f}", #""\u0000\u001f""#), ("\u{7f}\u{2028}", "\"\u{7f}\u{2028}\""), ("a\r\nb", #""a\r\nb""#),
        ]
    )
    func escapes(_ value: String, _ expected: String) throws {
        #expect(try text(.string(value)) == expected)
    }

    @Test(
        "doubles are written with the shortest digits and a fraction, and with the exponents of each style",
        arguments: [
            (1, "1.0", "1.0"), (0, "0.0", "0.0"), (-0.0, "-0.0", "-0.0"), (33.33333333333333, "33.33333333333333", nil),
            (0.1, "0.1", nil), (100, "100.0", nil), (1e15, "1000000000000000.0", nil), (1e16, "1e+16", "1e+16"),
            (1.5e300, "1.5e+300", nil), (0.0001, "0.0001", "0.0001"), (0.00001, "0.00001", "1e-05"),
            (1e-6, "1e-6", "1e-06"), (1e-7, "1e-7", "1e-07"), (1.25e-10, "1.25e-10", "1.25e-10"),
            (-12.5, "-12.5", nil), (123456789.125, "123456789.125", nil), (.nan, "null", "null"),
            (.infinity, "null", "null"), (.leastNonzeroMagnitude, "5e-324", nil),
        ] as [(Double, String, String?)]
    )
    func doubles(_ number: Double, _ http: String, _ stream: String?) throws {
        #expect(try text(.double(number), .http) == http)
        #expect(try text(.double(number), .stream) == stream ?? http)
    }

    @Test("nesting is allowed up to 254 levels and refused beyond")
    func depth() throws {
        var value = JSONValue.int(1)
        for _ in 0..<254 { value = [value] }
        #expect(try value.serialized().count == 2 * 254 + 1)
        #expect(throws: ProtocolError.self) { try JSONValue.array([value]).serialized() }
    }

    @Test("every control character is escaped, at every position")
    func everyControlCharacter() throws {
        for code in 0..<0x20 as Range<UInt8> {
            for count in 0..<20 {
                let written = try text(
                    .string(String(repeating: "x", count: count) + String(UnicodeScalar(code)) + "é")
                )
                #expect(!written.utf8.contains { $0 < 0x20 })
                #expect(written.utf8.starts(with: ("\"" + String(repeating: "x", count: count) + "\\").utf8))
            }
        }
    }

    @Test("objects may be nested 254 levels deep as well")
    func objectDepth() throws {
        var value = JSONValue.object([:])
        for _ in 0..<253 { value = ["a": value] }
        #expect(try JSONValue(parsing: try value.serialized()) == value)
        #expect(throws: ProtocolError.self) { try JSONValue.object(["a": value]).serialized() }
    }

    @Test("integers stay integers and doubles stay doubles, of any size")
    func numbersRoundTrip() throws {
        let numbers = "[1,1.0,-1,123456789012345678901234567890,1e+30,9223372036854775807,9223372036854775808]"
        #expect(try text(try JSONValue(parsing: numbers)) == numbers)
    }

    @Test("doubles of any bit pattern read back the same in both styles", arguments: [JSONFloatStyle.http, .stream])
    func doublesRoundTrip(_ style: JSONFloatStyle) throws {
        var bits: UInt64 = 1
        for _ in 0..<2000 {
            bits = bits &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let number = Double(bitPattern: bits)
            if number.isFinite { #expect(try JSONValue(parsing: try text(.double(number), style)) == .double(number)) }
        }
    }

    @Test("a value reads back the same as it was written")
    func roundTrip() throws {
        let value: JSONValue = ["a": [1, 1.0, -2.5e-9, "x\u{0}é\r\n", nil, true], "b": ["c": []]]
        #expect(try JSONValue(parsing: try value.serialized()) == value)
    }
}
