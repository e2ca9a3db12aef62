public import BenchmarkProtocol
public import Foundation

extension Dataset {
    /// Reads a dataset from a JSON Lines file: one object per line, blank lines skipped.
    ///
    /// ```swift
    /// try Dataset(jsonLinesAt: "Data/default.jsonl") { object in
    ///     (id: try object.string("id"), item: Problem(question: try object.string("question")))
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - path: the path of the file, which is read as a whole.
    ///   - decode: returns the id and the item that a line's object describes.
    /// - Throws: ``ServiceError`` with code `.invalidData` that names the file and, if a line is at fault, its number:
    ///   the line is not a JSON object, `decode` threw, or its id occurred before.
    public init(
        jsonLinesAt path: String,
        decode: (JSONObject) throws -> (id: String, item: Item)
    ) throws {
        try self.init(linesAt: path) { line in
            guard case .object(let object) = try JSONValue(parsing: line) else {
                throw ServiceError(.invalidData, "not a JSON object")
            }
            return try decode(object)
        }
    }

    private init(linesAt path: String, decode: (Data) throws -> (id: String, item: Item)) throws {
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
                let (id, item) = try decode(line)
                if let first = firstLines[ScalarString(id)] {
                    throw fail("id '\(id)' is already used in line \(first)")
                }
                firstLines[ScalarString(id)] = index + 1
                self[id] = item
            } catch let error as ServiceError where error.code == .invalidData {
                throw error.message.hasPrefix(path) ? error : fail(error.message)
            } catch let error as DecodingError {
                throw fail(error.reason)
            } catch {
                throw fail("\(error)")
            }
        }
    }
}

extension Dataset where Item: Decodable {
    /// Reads a dataset from a JSON Lines file: one item per line, blank lines skipped.
    ///
    /// ```swift
    /// struct Problem: Codable { var id: String, question: String, answer: String }
    ///
    /// try Dataset<Problem>(jsonLinesAt: "Data/default.jsonl", id: \.id)
    /// ```
    ///
    /// - Parameters:
    ///   - path: the path of the file, which is read as a whole.
    ///   - id: returns the id of an item's task.
    ///   - decoder: decodes the items.
    /// - Throws: ``ServiceError`` with code `.invalidData` that names the file and, if a line is at fault, its number
    ///   and the key.
    public init(
        jsonLinesAt path: String,
        id: (Item) -> String,
        decoder: JSONDecoder = JSONDecoder()
    ) throws {
        try self.init(linesAt: path) { line in
            let item = try decoder.decode(Item.self, from: Data(line))
            return (id: id(item), item: item)
        }
    }
}

extension DecodingError {
    /// What is wrong, and where, such as `'tests[0].name' is missing`.
    fileprivate var reason: String {
        switch self {
        case .keyNotFound(let key, let context): "'\(Self.place(context.codingPath + [key]))' is missing"
        case .typeMismatch(let type, let context), .valueNotFound(let type, let context):
            "'\(Self.place(context.codingPath))' is not a value of type \(type)"
        case .dataCorrupted(let context):
            context.codingPath.isEmpty
                ? context.debugDescription : "'\(Self.place(context.codingPath))': \(context.debugDescription)"
        @unknown default: "\(self)"
        }
    }

    private static func place(_ path: [any CodingKey]) -> String {
        path.reduce(into: "") { place, key in
            place += key.intValue.map { "[\($0)]" } ?? (place.isEmpty ? "" : ".") + key.stringValue
        }
    }
}
