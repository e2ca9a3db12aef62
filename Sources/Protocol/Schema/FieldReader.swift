/// Reads the fields of an object, or of a query, and collects the mistakes in them.
struct FieldReader {
    let object: JSONObject
    private(set) var errors: [ValidationErrors.Entry] = []
    private let root: [JSONValue]
    /// The input that is reported for an absent field.
    private let absentInput: JSONValue

    /// - Throws: ``ValidationErrors`` if the value is not an object.
    init(_ value: JSONValue) throws {
        let root: [JSONValue] = ["body"]
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
        self.init(object, root: root, absentInput: value)
    }

    /// Creates a reader for the parameters of a query: a list gets all values, anything else the last one.
    init(_ query: QueryParameters, _ fields: [FieldSchema]) {
        var object = JSONObject()
        for field in fields {
            let values = query.all(field.name).map { JSONValue.string($0) }
            if case .strings = field.schema {
                object[field.name] = .array(values)
            } else {
                object[field.name] = values.last
            }
        }
        self.init(object, root: ["query"], absentInput: .null)
    }

    private init(_ object: JSONObject, root: [JSONValue], absentInput: JSONValue) {
        (self.object, self.root, self.absentInput) = (object, root, absentInput)
    }

    /// Returns the value of a field, or its fallback if the field is absent or wrong, and notes any mistake.
    mutating func read<Value>(_ field: Field<Value>) -> Value {
        guard let value = value(of: field.schema) else { return field.fallback }
        if let result = field.decode(value) { return result }
        note(field.schema, value)
        return field.fallback
    }

    /// Reads an object whose mistakes join those of this one; returns `nil` if it is absent or not an object.
    mutating func read<Value>(_ field: FieldSchema, _ body: (inout FieldReader) -> Value) -> Value? {
        guard let value = value(of: field) else { return nil }
        guard case .object(let object) = value else {
            note(field, value)
            return nil
        }
        var fields = FieldReader(object, root: root + [.string(field.name)], absentInput: value)
        let result = body(&fields)
        errors += fields.errors
        return result
    }

    /// Throws if there were any mistakes.
    func check() throws { if !errors.isEmpty { throw ValidationErrors(errors) } }

    private mutating func value(of field: FieldSchema) -> JSONValue? {
        if let value = object[field.name] { return value }
        if field.isRequired {
            errors.append(.init("missing", root + [.string(field.name)], "Field required", input: absentInput))
        }
        return nil
    }

    private mutating func note(_ field: FieldSchema, _ value: JSONValue) {
        let mistake = field.schema.mistake
        errors.append(.init(mistake.type, root + [.string(field.name)], mistake.message, input: value))
    }
}
