/// The values that are allowed, used both to validate requests and to document the API.
package indirect enum ValueSchema: Sendable {
    case string
    case boolean
    case integer
    case number
    case strings
    /// A list of any values.
    case array
    /// An object with any keys.
    case dictionary
    case object(ObjectSchema)
    /// A list of objects of one kind.
    case objects(ObjectSchema)
    case nullable(ValueSchema)
    case anything

    /// The mistake in a value that does not match, in the words that clients of the service contract know.
    var mistake: (type: String, message: String) {
        switch self {
        case .string: ("string_type", "Input should be a valid string")
        case .boolean: ("bool_parsing", "Input should be a valid boolean, unable to interpret input")
        case .integer: ("int_type", "Input should be a valid integer")
        case .number: ("float_type", "Input should be a valid number")
        case .strings: ("list_type", "Input should be a list of strings")
        case .dictionary, .object: ("dict_type", "Input should be a valid dictionary")
        case .array, .objects: ("list_type", "Input should be a valid list")
        case .nullable(let schema): schema.mistake
        case .anything: ("value_error", "Input cannot be read")
        }
    }

    /// The JSON Schema (draft 2020-12, as OpenAPI 3.1 has it), with objects as references to their names.
    package var json: JSONObject {
        switch self {
        case .string: ["type": "string"]
        case .boolean: ["type": "boolean"]
        case .integer: ["type": "integer"]
        case .number: ["type": "number"]
        case .strings: ["type": "array", "items": ["type": "string"]]
        case .array: ["type": "array", "items": [:]]
        case .dictionary: ["type": "object", "additionalProperties": true]
        case .object(let object): object.reference
        case .objects(let object): ["type": "array", "items": .object(object.reference)]
        case .nullable(let schema): ["anyOf": [.object(schema.json), ["type": "null"]]]
        case .anything: [:]
        }
    }

    /// The named objects in this schema, the innermost first.
    package var objects: [ObjectSchema] {
        switch self {
        case .object(let object), .objects(let object): object.fields.flatMap(\.schema.objects) + [object]
        case .nullable(let schema): schema.objects
        case .string, .boolean, .integer, .number, .strings, .array, .dictionary, .anything: []
        }
    }
}

/// An object with a name and the members it may have; others are ignored.
package struct ObjectSchema: Sendable {
    package let name: String
    package let description: String
    package let fields: [FieldSchema]

    package init(_ name: String, _ description: String, _ fields: [FieldSchema]) {
        (self.name, self.description, self.fields) = (name, description, fields)
    }

    /// The JSON Schema.
    package var json: JSONValue {
        var properties = JSONObject()
        for field in fields { properties[field.name] = .object(field.json) }
        var object: JSONObject = [
            "title": .string(name), "description": .string(description), "type": "object",
            "properties": .object(properties),
        ]
        let required = fields.filter(\.isRequired).map { JSONValue.string($0.name) }
        if !required.isEmpty { object["required"] = .array(required) }
        return .object(object)
    }

    fileprivate var reference: JSONObject { ["$ref": .string("#/components/schemas/\(name)")] }
}

/// A member of an object, or a parameter of a query.
package struct FieldSchema: Sendable {
    package let name: String
    package let schema: ValueSchema
    package let isRequired: Bool
    /// The value that applies if it is absent; `nil` for none.
    package let defaultValue: JSONValue?
    package let description: String
    /// A value to try it with.
    package let example: JSONValue?

    package init(
        _ name: String,
        _ schema: ValueSchema,
        _ description: String,
        isRequired: Bool = true,
        defaultValue: JSONValue? = nil,
        example: JSONValue? = nil
    ) {
        (self.name, self.schema, self.description) = (name, schema, description)
        (self.isRequired, self.defaultValue, self.example) = (isRequired, defaultValue, example)
    }

    /// The JSON Schema of the value, with its description, default, and example.
    package var json: JSONObject {
        var object = schema.json
        object["description"] = .string(description)
        if let defaultValue { object["default"] = defaultValue }
        if let example { object["examples"] = [example] }
        return object
    }
}
