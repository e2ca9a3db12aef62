public import BenchmarkProtocol
import Foundation

extension Dataset {
    /// Reads a dataset from a JSON Lines file: one object a line, blank lines skipped.
    ///
    /// ```swift
    /// try Dataset(jsonLinesAt: "Data/default.jsonl") { object in
    ///     (id: try object.string("id"), item: Problem(question: try object.string("question")))
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - path: of the file; read as a whole.
    ///   - decode: makes id and item of a line's object.
    /// - Throws: ``ServiceError`` with code `.invalidData` that names the file, and the line number where it is a
    ///   line's fault: text that is no JSON object, what `decode` threw, or an id that was there before.
    public init(
        jsonLinesAt path: String,
        decode: (JSONObject) throws -> (id: String, item: Item)
    ) throws {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ServiceError(.invalidData, "\(path): cannot be read")
        }
        self.init()
        var firstLines: [ScalarString: Int] = [:]
        for (index, line) in data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
            if line.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0d }) { continue }
            func fail(_ reason: String) -> ServiceError {
                ServiceError(.invalidData, "\(path), line \(index + 1): \(reason)")
            }
            do {
                guard case .object(let object) = try JSONValue(parsing: line) else { throw fail("not a JSON object") }
                let (id, item) = try decode(object)
                if let first = firstLines[ScalarString(id)] {
                    throw fail("id '\(id)' is already used in line \(first)")
                }
                firstLines[ScalarString(id)] = index + 1
                self[id] = item
            } catch let error as ServiceError where error.code == .invalidData {
                throw error.message.hasPrefix(path) ? error : fail(error.message)
            } catch {
                throw fail("\(error)")
            }
        }
    }
}

extension JSONObject {
    /// The text of a key.
    ///
    /// - Throws: ``ServiceError`` with code `.invalidData` that names the key if it is absent or no text. The
    ///   other accessors do likewise.
    public func string(_ key: String) throws -> String {
        try required(key, "a string") { if case .string(let text) = $0 { text } else { nil } }
    }

    /// The whole number of a key.
    public func int(_ key: String) throws -> Int {
        try required(key, "an integer") { if case .int(let number) = $0 { number } else { nil } }
    }

    /// The number of a key, whole or not.
    public func number(_ key: String) throws -> Double {
        try required(key, "a number") {
            switch $0 {
            case .int(let number): Double(number)
            case .double(let number): number
            default: nil
            }
        }
    }

    /// The array of a key.
    public func array(_ key: String) throws -> [JSONValue] {
        try required(key, "an array") { if case .array(let values) = $0 { values } else { nil } }
    }

    /// The object of a key.
    public func object(_ key: String) throws -> JSONObject {
        try required(key, "an object") { if case .object(let object) = $0 { object } else { nil } }
    }

    private func required<R>(_ key: String, _ kind: String, _ convert: (JSONValue) -> R?) throws -> R {
        guard let value = self[key] else { throw ServiceError(.invalidData, "'\(key)' is missing") }
        guard let converted = convert(value) else { throw ServiceError(.invalidData, "'\(key)' is not \(kind)") }
        return converted
    }
}
