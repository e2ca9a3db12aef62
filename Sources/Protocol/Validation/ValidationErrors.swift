/// All mistakes in a request's parameters or body, in the order of the fields.
///
/// The response has status 422.
public struct ValidationErrors: Error, Sendable, Hashable, CustomStringConvertible {
    /// One mistake.
    public struct Entry: Sendable, Hashable {
        /// The kind, for programs: `missing`, `string_type`, and so on.
        public let type: String
        /// Where: `body` or `query`, then a field or an offset.
        public let location: [JSONValue]
        /// The description of the mistake, for people.
        public let message: String
        /// The value that was given.
        public let input: JSONValue
        /// More details; only for JSON syntax.
        public let context: JSONObject?

        init(_ type: String, _ location: [JSONValue], _ message: String, input: JSONValue, context: JSONObject? = nil) {
            (self.type, self.location, self.message) = (type, location, message)
            (self.input, self.context) = (input, context)
        }

        var json: JSONValue {
            var object: JSONObject = [
                "type": .string(type), "loc": .array(location), "msg": .string(message), "input": input,
            ]
            if let context { object["ctx"] = .object(context) }
            return .object(object)
        }

        /// Compares exactly, with texts by their UTF-8.
        public static func == (left: Entry, right: Entry) -> Bool { left.json == right.json }

        /// Hashes consistently with `==`.
        public func hash(into hasher: inout Hasher) { hasher.combine(json) }
    }

    /// The mistakes, at least one.
    public let entries: [Entry]

    init(_ entries: [Entry]) { self.entries = entries }

    /// One mistake.
    package static let schema = ObjectSchema(
        "ValidationError",
        "One mistake.",
        [
            FieldSchema("type", .string, "The kind, for programs, such as `missing` or `string_type`."),
            FieldSchema("loc", .array, "Where: `body` or `query`, then a field or an offset."),
            FieldSchema("msg", .string, "The mistake, for people."),
            FieldSchema("input", .anything, "The value that was given."),
            FieldSchema("ctx", .dictionary, "More details; only for JSON syntax errors.", isRequired: false),
        ]
    )

    /// `{"detail":[{"type":…,"loc":…,"msg":…,"input":…},…]}`.
    public var body: JSONValue { ["detail": .array(entries.map(\.json))] }

    /// The mistakes for people, one per line.
    public var description: String {
        let lines = entries.map { entry in
            let place = entry.location.dropFirst().map { $0.stringValue ?? "\($0.intValue ?? 0)" }.joined(
                separator: "."
            )
            return "\(place): \(entry.message)"
        }
        return "\(entries.count) validation error\(entries.count == 1 ? "" : "s")\n" + lines.joined(separator: "\n")
    }
}

/// The bodies of error responses.
package enum ErrorBody {
    /// `{"detail":"…"}`.
    package static func detail(_ text: String) -> [UInt8] {
        var bytes = Array(#"{"detail":"#.utf8)
        JSONWriter.write(text, to: &bytes)
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }
}
