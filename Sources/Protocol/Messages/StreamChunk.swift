/// One message of a stream: `{"type":"message","data":"…"}`.
///
/// Open to kinds that are added later: an unknown one is kept as it is.
public enum StreamChunk: Sendable, Hashable {
    /// Text for the log.
    ///
    /// Readers join messages without a separator.
    case message(String)
    /// A failure.
    ///
    /// Streams may go on after it; runners take the task as failed.
    case error(String)
    /// The result; runners expect an object.
    case result(JSONValue)
    /// A kind this version does not know.
    case other(type: String, data: JSONValue)

    /// Reads a chunk; keys besides `type` and `data` are ignored.
    ///
    /// - Throws: ``ProtocolError`` with code `.invalidMessage` if it is no chunk, or its data has the wrong type.
    public init(parsing text: some Collection<UInt8>) throws {
        let json: JSONValue
        do { json = try JSONParser.parse(text) } catch {
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
            throw ProtocolError(.invalidMessage, "a \(type) chunk whose data is no text")
        case ("result", let value): self = .result(value)
        default: self = .other(type: type, data: data)
        }
    }

    /// The chunk as compact JSON in UTF-8.
    ///
    /// - Throws: ``ProtocolError`` with code `.notEncodable` for data nested too deeply.
    public func serialized() throws -> [UInt8] {
        var writer = JSONWriter(floats: .stream)
        switch self {
        case .message(let text): Self.write(#"{"type":"message","data":"#, text, to: &writer)
        case .error(let text): Self.write(#"{"type":"error","data":"#, text, to: &writer)
        case .result(let value): try writer.write(["type": "result", "data": value])
        case .other(let type, let data): try writer.write(["type": .string(type), "data": data])
        }
        return writer.bytes
    }

    private static func write(_ head: StaticString, _ text: String, to writer: inout JSONWriter) {
        writer.append(head)
        writer.write(text)
        writer.append("}")
    }
}
