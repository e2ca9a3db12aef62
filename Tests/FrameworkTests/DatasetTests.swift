import BenchmarkFramework
import Foundation
import Testing

@Suite("Datasets")
struct DatasetTests {
    private func file(_ text: String, _ body: (String) throws -> Void) throws {
        let path = NSTemporaryDirectory() + "/dataset-\(UInt64.random(in: .min ... .max)).jsonl"
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        try body(path)
    }

    @Test("tasks keep their order, and a repeated task keeps its first place")
    func order() throws {
        let dataset = Dataset([("b", 1), ("a", 2), ("b", 3)].map { (id: $0.0, item: $0.1) })
        #expect(dataset.taskIDs == ["b", "a"])
        #expect(try dataset.item("b") == 3)
    }

    @Test("ids that are canonically equivalent but differ in bytes are different ids")
    func equivalent() throws {
        let dataset: Dataset<Int> = ["\u{e9}": 1, "e\u{301}": 2]
        #expect(dataset.count == 2)
        #expect(try dataset.item("e\u{301}") == 2)
    }

    @Test("the error for an unknown task or dataset names it")
    func unknown() {
        let datasets: Datasets<Int> = ["default": ["a": 1], "alt": [:]]
        #expect(throws: ServiceError.unknownTask("x")) { try datasets.dataset("").item("x") }
        #expect(throws: ServiceError.unknownDataset("nope", available: ["default", "alt"])) {
            try datasets.dataset("nope")
        }
    }

    @Test("JSON lines are read in order, and blank lines are skipped")
    func lines() throws {
        try file("{\"id\":\"a\",\"n\":1}\n\n  \r\n{\"id\":\"b\",\"n\":2}") { path in
            let dataset = try Dataset(jsonLinesAt: path) { (id: try $0.string("id"), item: try $0.int("n")) }
            #expect(dataset.taskIDs == ["a", "b"])
            #expect(try dataset.item("b") == 2)
        }
    }

    @Test(
        "the error for a bad line names its file and line number",
        arguments: [
            ("{\"id\":\"a\",\"n\":1}\n{\"id\":", "line 2: Expecting value: line 1 column 7 (char 6)"),
            ("[]\n", "line 1: not a JSON object"), ("\n{\"n\":1}", "line 2: 'id' is missing"),
            ("{\"id\":\"a\",\"n\":\"1\"}", "line 1: 'n' is not an integer"),
            ("{\"id\":\"a\",\"n\":1}\n{\"id\":\"a\",\"n\":2}", "line 2: id 'a' is already used in line 1"),
        ]
    )
    func badLine(_ text: String, _ reason: String) throws {
        try file(text) { path in
            #expect(throws: ServiceError(.invalidData, "\(path), \(reason)")) {
                try Dataset(jsonLinesAt: path) { (id: try $0.string("id"), item: try $0.int("n")) }
            }
        }
    }

    @Test("setting nil removes a task or a dataset, and the others keep their order")
    func removal() throws {
        var datasets: Datasets<Int> = ["default": ["a": 1, "b": 2, "c": 3], "alt": [:]]
        var dataset = try datasets.dataset("default")
        dataset["a"] = nil
        dataset["x"] = nil
        dataset["d"] = 4
        #expect(dataset.map { "\($0.id)\($0.item)" } == ["b2", "c3", "d4"])
        #expect(try dataset.item("c") == 3)
        #expect(dataset["a"] == nil)
        datasets["default"] = nil
        #expect(datasets.all.map(\.name) == ["alt"])
    }

    private struct Problem: Codable {
        struct Part: Codable { var name: String }
        var id: String
        var parts: [Part]
    }

    @Test("lines are decoded into Codable items")
    func decoded() throws {
        try file(#"{"id":"a","parts":[{"name":"x"}]}"# + "\n\n" + #"{"id":"b","parts":[]}"#) { path in
            let dataset = try Dataset<Problem>(jsonLinesAt: path, id: \.id)
            #expect(dataset.taskIDs == ["a", "b"])
            #expect(try dataset.item("a").parts.map(\.name) == ["x"])
        }
    }

    @Test(
        "the error for a line that cannot be decoded names its file, line number and key",
        arguments: [
            (#"{"parts":[]}"#, "'id' is missing"),
            (#"{"id":"a","parts":[{"name":"x"},{}]}"#, "'parts[1].name' is missing"),
            (#"{"id":1,"parts":[]}"#, "'id' is not a value of type String"),
        ]
    )
    func undecodable(_ line: String, _ reason: String) throws {
        try file("\n" + line) { path in
            #expect(throws: ServiceError(.invalidData, "\(path), line 2: \(reason)")) {
                try Dataset<Problem>(jsonLinesAt: path, id: \.id)
            }
        }
    }

    @Test("the error for a file that cannot be read names it")
    func noFile() {
        #expect(throws: ServiceError(.invalidData, "/nope.jsonl: cannot be read")) {
            try Dataset<Int>(jsonLinesAt: "/nope.jsonl") { (id: try $0.string("id"), item: 1) }
        }
    }
}
