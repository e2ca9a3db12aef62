/// One message of a stream: `{"type":"message","data":"…"}`.
///
/// More kinds may be added: an unknown one is kept as it is.
public enum StreamChunk: Sendable, Hashable {
    /// Text for the log.
    ///
    /// Readers join messages without a separator.
    case message(String)
    /// A failure.
    ///
    /// A stream may continue after it; runners treat the task as failed.
    case error(String)
    /// The result; runners expect an object.
    case result(JSONValue)
    /// A kind this version does not know.
    case other(type: String, data: JSONValue)

    /// Parses a chunk; keys other than `type` and `data` are ignored.
    ///
    /// - Throws: ``ProtocolError`` with code `.invalidMessage` if it is not a chunk, or its data has the wrong type.
    public init(parsing text: some Collection<UInt8>) throws {
        let json: JSONValue
        do { json = try JSONParser.parse(text: text) } catch {
            throw ProtocolError(.invalidMessage, "a chunk that is not JSON: \(error.asProtocolError.message)")
        }
        guard let type = json["type"]?.stringValue else {
            throw ProtocolError(.invalidMessage, "a chunk without a type")
        }
        guard let data = json["data"] else { throw ProtocolError(.invalidMessage, "a \(type) chunk without data") }
        switch (type, data) {
        case ("message", .string(let text)): self = .message(text)
        case ("error", .string(let text)): self = .error(text)
        case ("message", _), ("error", _):
            throw ProtocolError(.invalidMessage, "a \(type) chunk whose data is not text")
        case ("result", let value): self = .result(value)
        default: self = .other(type: type, data: data)
        }
    }

    /// The chunk as compact JSON in UTF-8.
    ///
    /// - Throws: ``ProtocolError`` with code `.notEncodable` for data nested too deeply.
    public func serialized() throws -> [UInt8] {
        var bytes: [UInt8] = []
        if case .message(let text) = self { bytes.reserveCapacity(text.utf8.count + text.utf8.count / 8 + 32) }
        try append(to: &bytes)
        return bytes
    }

    /// Appends the chunk as compact JSON in UTF-8; a text is written without an intermediate value.
    ///
    /// - Throws: ``ProtocolError`` with code `.notEncodable` for data nested too deeply; `bytes` then contains part of
    ///   it.
    package func append(to bytes: inout [UInt8]) throws {
        switch self {
        case .message(let text): Self.append(#"{"type":"message","data":"#, text, to: &bytes)
        case .error(let text): Self.append(#"{"type":"error","data":"#, text, to: &bytes)
        case .result(let value):
            bytes += #"{"type":"result","data":"#.utf8
            try JSONWriter(floats: .stream).write(value, to: &bytes)
            bytes.append(UInt8(ascii: "}"))
        case .other(let type, let data):
            Self.append(#"{"type":"#, type, end: #","data":"#, to: &bytes)
            try JSONWriter(floats: .stream).write(data, to: &bytes)
            bytes.append(UInt8(ascii: "}"))
        }
    }

    private static func append(_ head: String, _ text: String, end: String = "}", to bytes: inout [UInt8]) {
        bytes += head.utf8
        JSONWriter.write(text, to: &bytes)
        bytes += end.utf8
    }
}

extension StreamChunk {
    /// Compares exactly, with texts by their UTF-8.
    public static func == (left: StreamChunk, right: StreamChunk) -> Bool {
        switch (left, right) {
        case (.message(let a), .message(let b)), (.error(let a), .error(let b)): a.hasSameUTF8(as: b)
        case (.result(let a), .result(let b)): a == b
        case (.other(let a, let x), .other(let b, let y)): a.hasSameUTF8(as: b) && x == y
        default: false
        }
    }

    /// Hashes consistently with `==`.
    public func hash(into hasher: inout Hasher) {
        switch self {
        case .message(let text): hasher.combine(JSONValue.string(text))
        case .error(let text): hasher.combine(JSONValue.array([.string(text)]))
        case .result(let value): hasher.combine(value)
        case .other(let type, let data): hasher.combine(JSONValue.array([.string(type), data]))
        }
    }
}
