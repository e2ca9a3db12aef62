import BenchmarkProtocol
import Testing

@Suite("JSON objects: ordered, with keys compared by their scalars")
struct JSONObjectTests {
    /// Sizes below and above the one from which an object keeps an index.
    private static let sizes = [0, 1, 11, 12, 13, 100]

    @Test("an object finds all its keys, even after one was removed", arguments: sizes)
    func lookUp(_ size: Int) {
        var object = JSONObject((0..<size).map { ("key \($0)", JSONValue.int($0)) })
        #expect(object.map(\.key) == (0..<size).map { "key \($0)" })
        object["key \(size / 2)"] = nil
        #expect(object.count == max(0, size - 1))
        for key in 0..<size { #expect(object["key \(key)"] == (key == size / 2 ? nil : .int(key))) }
        #expect(object["key \(size)"] == nil)
    }

    @Test("a key that is set again keeps its place", arguments: [3, 30])
    func setAgain(_ size: Int) {
        var object = JSONObject((0..<size).map { ("\($0)", JSONValue.int($0)) })
        object["1"] = "new"
        #expect(object.map(\.key) == (0..<size).map { "\($0)" })
        #expect(object["1"] == "new")
    }

    @Test("a duplicate key keeps its first place and gets its last value", arguments: [2, 30])
    func readTwice(_ size: Int) throws {
        let members = ((0..<size).map { #""\#($0)":\#($0)"# } + [#""1":"last""#]).joined(separator: ",")
        let object = try #require(try JSONValue(parsing: "{\(members)}").objectValue)
        #expect(object.map(\.key) == (0..<size).map { "\($0)" })
        #expect(object["1"] == "last")
    }

    @Test("keys that are canonically equivalent but differ in scalars are different keys", arguments: [0, 30])
    func equivalentKeys(_ others: Int) {
        var object = JSONObject((0..<others).map { ("\($0)", JSONValue.null) })
        object["\u{e9}"] = 1
        object["e\u{301}"] = 2
        #expect(object.count == others + 2)
        #expect(object["\u{e9}"] == 1)
        #expect(object["e\u{301}"] == 2)
    }

    @Test("objects are equal if their keys, values and order are")
    func equality() {
        let object: JSONObject = ["a": 1, "b": [2]]
        #expect(object == ["a": 1, "b": [2]])
        #expect(object != ["b": [2], "a": 1])
        #expect(object != ["a": 1, "b": [2.0]])
        #expect(object != ["a": 1])
        #expect(Set([object, ["a": 1, "b": [2]], ["b": [2], "a": 1]]).count == 2)
    }
}
