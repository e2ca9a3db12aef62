/// A field and how its value is read, so that what is read and what is documented cannot differ.
package struct Field<Value: Sendable>: Sendable {
    package let schema: FieldSchema
    /// The value to use if the field is absent, or wrong and noted as such.
    let fallback: Value
    /// Decodes the value; `nil` if it does not match the schema.
    let decode: @Sendable (JSONValue) -> Value?

    package var name: String { schema.name }

    private init(_ schema: FieldSchema, fallback: Value, decode: @escaping @Sendable (JSONValue) -> Value?) {
        (self.schema, self.fallback, self.decode) = (schema, fallback, decode)
    }
}

extension Field {
    /// Returns a field for a text that must be present.
    static func string(_ name: String, _ description: String, example: JSONValue? = nil) -> Field<String> {
        Field<String>(FieldSchema(name, .string, description, example: example), fallback: "") { $0.stringValue }
    }

    /// Returns a field for a text that may be null or absent.
    static func optionalString(_ name: String, _ description: String, example: JSONValue? = nil) -> Field<String?> {
        optional(.string("", description, example: example), name)
    }

    /// Returns a field for an integer that must be present.
    static func int(_ name: String, _ description: String, example: JSONValue? = nil) -> Field<Int> {
        Field<Int>(FieldSchema(name, .integer, description, example: example), fallback: 0) { $0.intValue }
    }

    /// Returns a field for a number that must be present.
    static func double(_ name: String, _ description: String) -> Field<Double> {
        Field<Double>(FieldSchema(name, .number, description), fallback: 0) { $0.doubleValue }
    }

    /// Returns a field for a number that may be null or absent.
    static func optionalDouble(_ name: String, _ description: String) -> Field<Double?> {
        optional(.double("", description), name)
    }

    /// Returns a field for a list of texts.
    static func strings(_ name: String, _ description: String, isRequired: Bool = true, example: JSONValue? = nil)
        -> Field<[String]>
    {
        let schema = FieldSchema(name, .strings, description, isRequired: isRequired, example: example)
        return Field<[String]>(schema, fallback: []) { value in
            let texts = value.arrayValue?.compactMap(\.stringValue)
            return texts?.count == value.arrayValue?.count ? texts : nil
        }
    }

    /// Returns a field for an object with any keys that must be present.
    static func dictionary(_ name: String, _ description: String, example: JSONValue? = nil) -> Field<JSONObject> {
        let schema = FieldSchema(name, .dictionary, description, example: example)
        return Field<JSONObject>(schema, fallback: [:]) { $0.objectValue }
    }

    /// Returns a field for a Boolean with a default, written as one of the words that a query may use.
    static func flag(_ name: String, _ description: String, default fallback: Bool) -> Field<Bool> {
        let schema = FieldSchema(
            name,
            .boolean,
            description,
            isRequired: false,
            defaultValue: .bool(fallback)
        )
        return Field<Bool>(schema, fallback: fallback) { $0.stringValue.flatMap(boolean) }
    }

    private static func optional<Wrapped>(_ field: Field<Wrapped>, _ name: String) -> Field<Wrapped?> {
        let schema = FieldSchema(
            name,
            .nullable(field.schema.schema),
            field.schema.description,
            isRequired: false,
            example: field.schema.example
        )
        return Field<Wrapped?>(schema, fallback: nil) { value in
            value == .null ? .some(nil) : field.decode(value).map { .some($0) }
        }
    }

    /// Reads the words for true and false, ignoring case and without trimming.
    private static func boolean(_ text: String) -> Bool? {
        let yes: [StaticString] = ["1", "true", "t", "yes", "y", "on"]
        let no: [StaticString] = ["0", "false", "f", "no", "n", "off"]
        if yes.contains(where: { ASCIIText.matches(text.utf8, $0) }) { return true }
        return no.contains { ASCIIText.matches(text.utf8, $0) } ? false : nil
    }
}
