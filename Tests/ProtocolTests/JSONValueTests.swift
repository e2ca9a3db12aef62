import BenchmarkProtocol
import Testing

@Suite("JSON values")
struct JSONValueTests {
    @Test(
        "values that look alike are different",
        arguments: [
            (1, 1.0), (1, true), (0, false), ("1", 1), (nil, false), ([], [:]), ("\u{e9}", "e\u{301}"),
            (["\u{e9}"], ["e\u{301}"]), ("\r\n", "\n"), ("K", "\u{212a}"),
        ] as [(JSONValue, JSONValue)]
    )
    func different(_ left: JSONValue, _ right: JSONValue) {
        #expect(left != right)
        #expect(Set([left, right]).count == 2)
    }

    @Test("an accessor returns nil for any other type")
    func accessors() throws {
        let large = JSONValue.largeInteger(try #require(JSONLargeInteger("10000000000000000000")))
        let values: [JSONValue] = [nil, true, 1, large, 1.5, "a", [2], ["k": 3]]
        #expect(values.map(\.boolValue) == [nil, true, nil, nil, nil, nil, nil, nil])
        #expect(values.map(\.intValue) == [nil, nil, 1, nil, nil, nil, nil, nil])
        #expect(values.map(\.doubleValue) == [nil, nil, 1, 1e19, 1.5, nil, nil, nil])
        #expect(values.map(\.stringValue) == [nil, nil, nil, nil, nil, "a", nil, nil])
        #expect(values.map(\.arrayValue) == [nil, nil, nil, nil, nil, nil, [2], nil])
        #expect(values.map(\.objectValue) == [nil, nil, nil, nil, nil, nil, nil, ["k": 3]])
    }

    @Test("a subscript returns nil for a missing member")
    func subscripts() {
        let value: JSONValue = ["a": [1, ["b": nil]]]
        #expect(value["a"]?[1]?["b"] == .some(.null))
        #expect(value["b"] == nil)
        #expect(value[0] == nil)
        #expect(value["a"]?[2] == nil)
        #expect(value["a"]?[-1] == nil)
        #expect(value["a"]?["b"] == nil)
    }

    @Test(
        "a large integer can be made only from the digits of a JSON integer",
        arguments: [
            ("123456789012345678901234567890", true), ("-9", true), ("0", true), ("", false), ("-", false),
            ("+1", false),
            ("01", false), ("-01", false), ("1.0", false), ("1e5", false), (" 1", false), ("1_0", false), ("٢", false),
        ]
    )
    func largeInteger(_ text: String, _ isInteger: Bool) {
        #expect(JSONLargeInteger(text)?.description == (isInteger ? text : nil))
    }
}
