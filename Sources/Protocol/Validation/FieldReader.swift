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
        self.init(object, root: root)
    }

    private init(_ object: JSONObject, root: [JSONValue]) { (self.object, self.root) = (object, root) }

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

    /// An object of a type of its own, whose mistakes join those of this one; nil if it is none.
    mutating func nested<Value>(_ name: String, _ read: (inout FieldReader) -> Value) -> Value? {
        guard let value = required(name) else { return nil }
        guard case .object(let object) = value else {
            fail("dict_type", name, "Input should be a valid dictionary", value)
            return nil
        }
        var fields = FieldReader(object, root: root + [.string(name)])
        let result = read(&fields)
        errors += fields.errors
        return result
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
