/// The body of a request, read by the contract's rules: as JSON if its content type says so, else as the text it is.
package struct RequestBody: Sendable, Hashable {
    /// The value; for another content type than JSON, the text.
    package let value: JSONValue

    /// - Throws: ``ValidationErrors`` for no body or no JSON, ``ProtocolError`` with code `.unreadableJSON`, which
    ///   answers 400, for bytes that are no text.
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
        guard let type = contentType?.split(separator: ";", omittingEmptySubsequences: false).first else {
            return false
        }
        let name = type.lowercased().filter { $0 != " " && $0 != "\t" }
        return name == "application/json" || (name.hasPrefix("application/") && name.hasSuffix("+json"))
    }
}

/// Reads the fields of a body's object and collects what is wrong with them.
struct FieldReader {
    let object: JSONObject
    private(set) var errors: [ValidationErrors.Entry] = []
    private let root: [JSONValue]

    /// - Throws: ``ValidationErrors`` if the value is no object.
    init(_ value: JSONValue, root: [JSONValue] = ["body"]) throws {
        guard case .object(let object) = value else {
            if value == .null { throw ValidationErrors([.init("missing", root, "Field required", input: .null)]) }
            throw ValidationErrors([
                .init(
                    "model_attributes_type",
                    root,
                    "Input should be a valid dictionary or object to extract fields from",
                    input: value
                )
            ])
        }
        (self.object, self.root) = (object, root)
    }

    mutating func string(_ name: String) -> String {
        guard let value = required(name) else { return "" }
        return string(value, name) ?? ""
    }

    /// A text, or null, or nothing.
    mutating func optionalString(_ name: String) -> String? {
        guard let value = object[name], value != .null else { return nil }
        return string(value, name)
    }

    mutating func dictionary(_ name: String) -> JSONObject {
        guard let value = required(name) else { return [:] }
        if case .object(let object) = value { return object }
        fail("dict_type", name, "Input should be a valid dictionary", value)
        return [:]
    }

    mutating func strings(_ name: String) -> [String] {
        guard let value = required(name) else { return [] }
        let texts = value.arrayValue?.compactMap(\.stringValue)
        if let texts, texts.count == value.arrayValue?.count { return texts }
        fail("list_type", name, "Input should be a list of strings", value)
        return []
    }

    mutating func int(_ name: String) -> Int {
        guard let value = required(name) else { return 0 }
        if let number = value.intValue { return number }
        fail("int_type", name, "Input should be a valid integer", value)
        return 0
    }

    mutating func double(_ name: String) -> Double {
        guard let value = required(name) else { return 0 }
        return double(value, name) ?? 0
    }

    mutating func optionalDouble(_ name: String) -> Double? {
        guard let value = object[name], value != .null else { return nil }
        return double(value, name)
    }

    /// Throws if anything was wrong.
    func check() throws { if !errors.isEmpty { throw ValidationErrors(errors) } }

    private mutating func required(_ name: String) -> JSONValue? {
        if let value = object[name] { return value }
        errors.append(.init("missing", root + [.string(name)], "Field required", input: .object(object)))
        return nil
    }

    private mutating func string(_ value: JSONValue, _ name: String) -> String? {
        if let text = value.stringValue { return text }
        fail("string_type", name, "Input should be a valid string", value)
        return nil
    }

    private mutating func double(_ value: JSONValue, _ name: String) -> Double? {
        if let number = value.doubleValue { return number }
        fail("float_type", name, "Input should be a valid number", value)
        return nil
    }

    private mutating func fail(_ type: String, _ name: String, _ message: String, _ value: JSONValue) {
        errors.append(.init(type, root + [.string(name)], message, input: value))
    }
}
