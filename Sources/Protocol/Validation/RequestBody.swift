/// The body of a request, read by the contract's rules: as JSON if its content type says so, otherwise as text.
package struct RequestBody: Sendable, Hashable {
    /// The JSON value; for any other content type, the text as a string.
    package let value: JSONValue

    /// - Throws: ``ValidationErrors`` for an empty body or one that is not JSON, ``ProtocolError`` with code
    ///   `.unreadableJSON`, which answers 400, for bytes that are not text, or JSON beyond the parser's limits.
    package init(_ bytes: [UInt8], contentType: String?) throws {
        if bytes.isEmpty {
            throw ValidationErrors([.init("missing", ["body"], "Field required", input: .null)])
        }
        guard Self.isJSON(contentType) else {
            guard let text = String(validating: bytes, as: UTF8.self) else { throw Self.unreadable }
            value = .string(text)
            return
        }
        do throws(JSONReadError) { value = try JSONParser.parse(bytes) } catch {
            guard case .syntax(let error) = error else { throw Self.unreadable }
            throw ValidationErrors([
                .init(
                    "json_invalid",
                    ["body", .int(error.offset)],
                    "JSON decode error",
                    input: .object([:]),
                    context: ["error": .string(error.message)]
                )
            ])
        }
    }

    private static let unreadable = ProtocolError(.unreadableJSON, "There was an error parsing the body")

    /// `application/json` or `application/…+json`, in any case, with any parameters.
    private static func isJSON(_ contentType: String?) -> Bool {
        guard let contentType else { return false }
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
        var type = contentType.utf8.prefix { $0 != UInt8(ascii: ";") }.drop(while: isBlank)
        while let last = type.last, isBlank(last) { type.removeLast() }
        let parts = type.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard parts.count == 2, ASCIIText.matches(parts[0], "application") else { return false }
        return ASCIIText.matches(parts[1], "json") || ASCIIText.matches(parts[1].suffix(5), "+json")
    }
}
