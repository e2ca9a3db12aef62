import BenchmarkProtocol
import BenchmarkTransport

/// The OpenAPI 3.1 document of a service.
struct OpenAPIDocument: Sendable {
    let title: String
    let operations: [Operation]
    /// How callers authenticate.
    let security: BuiltInAuthentication.Kind

    /// The version of the API, as clients of the service contract know it.
    private static let version = "0.1.0"

    var json: JSONValue {
        var paths = JSONObject()
        var ids: Set<String> = []
        for operation in operations {
            var methods = paths[operation.path]?.objectValue ?? JSONObject()
            methods[operation.method.rawValue.lowercased()] = .object(json(operation, id: Self.id(of: operation, &ids)))
            paths[operation.path] = .object(methods)
        }
        var components: JSONObject = ["schemas": .object(schemas)]
        if let scheme { components["securitySchemes"] = [scheme.name: scheme.json] }
        return [
            "openapi": "3.1.0", "info": ["title": .string(title), "version": .string(Self.version)],
            "paths": .object(paths), "components": .object(components),
        ]
    }

    private func json(_ operation: Operation, id: String) -> JSONObject {
        var object: JSONObject = ["summary": .string(operation.summary), "operationId": .string(id)]
        if let description = operation.description { object["description"] = .string(description) }
        if !operation.parameters.isEmpty {
            object["parameters"] = .array(operation.parameters.map { .object(Self.parameter($0)) })
        }
        if let body = operation.body {
            object["requestBody"] = ["required": true, "content": Self.content(.object(body))]
        } else if operation.takesAnything, operation.method.mayHaveBody {
            object["requestBody"] = ["required": false, "content": ["*/*": [:]]]
        }
        object["responses"] = .object(responses(of: operation))
        if !operation.isOpen, let scheme { object["security"] = [[scheme.name: []]] }
        return object
    }

    /// Returns the method and the words of the path, such as `get_verify_task_ids`; with a number if another operation
    /// has that id.
    private static func id(of operation: Operation, _ taken: inout Set<String>) -> String {
        let words = operation.path.split { !$0.isLetter && !$0.isNumber }
        let id = ([operation.method.rawValue.lowercased()] + words.map(String.init)).joined(separator: "_")
        var candidate = id
        var number = 2
        while !taken.insert(candidate).inserted {
            candidate = "\(id)_\(number)"
            number += 1
        }
        return candidate
    }

    /// Returns the description of a query parameter, which may be absent but cannot be null.
    private static func parameter(_ field: FieldSchema) -> JSONObject {
        var schema = field.schema.json
        if case .nullable(let wrapped) = field.schema { schema = wrapped.json }
        schema["default"] = field.defaultValue
        var object: JSONObject = [
            "name": .string(field.name), "in": "query", "required": .bool(field.isRequired),
            "description": .string(field.description), "schema": .object(schema),
        ]
        if let example = field.example { object["example"] = example }
        return object
    }

    private func responses(of operation: Operation) -> JSONObject {
        func response(_ description: String, _ schema: ValueSchema) -> JSONValue {
            ["description": .string(description), "content": Self.content(schema)]
        }
        let detail = ValueSchema.object(Self.errorDetail)
        guard let result = operation.result else { return ["default": ["description": "Defined by the service."]] }
        var responses: JSONObject = ["200": response("Success.", result)]
        let hasBody = operation.body != nil
        if operation.refuses || hasBody {
            let reason =
                hasBody ? "Unknown task or dataset, or an unreadable body." : "Unknown task or dataset."
            responses["400"] = response(reason, detail)
        }
        if !operation.isOpen, scheme != nil { responses["401"] = response("Authentication failed.", detail) }
        if hasBody { responses["413"] = response("The body is too long.", detail) }
        if hasBody || operation.parameters.contains(where: \.isRequired) {
            responses["422"] = response("Invalid parameters or fields; all mistakes are listed.", Self.validation)
        }
        if !operation.isOpen { responses["500"] = response("The service failed.", detail) }
        return responses
    }

    private static func content(_ schema: ValueSchema) -> JSONValue {
        ["application/json": ["schema": .object(schema.json)]]
    }

    // MARK: Components

    private static let errorDetail = ObjectSchema(
        "ErrorDetail",
        "An error.",
        [FieldSchema("detail", .string, "What is wrong, in words.")]
    )

    private static let validation = ValueSchema.object(
        ObjectSchema(
            "HTTPValidationError",
            "All mistakes in a request's parameters or body, in the order of the fields.",
            [FieldSchema("detail", .objects(ValidationErrors.schema), "The mistakes.")]
        )
    )

    /// The schemas of all objects that are referred to, by name.
    private var schemas: JSONObject {
        var objects = [Self.errorDetail] + Self.validation.objects
        for operation in operations {
            objects += operation.result?.objects ?? []
            if let body = operation.body { objects += ValueSchema.object(body).objects }
            objects += operation.parameters.flatMap(\.schema.objects)
        }
        var schemas: [String: JSONValue] = [:]
        for object in objects { schemas[object.name] = object.json }
        return JSONObject(schemas.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
    }

    private var scheme: (name: String, json: JSONValue)? {
        switch security {
        case .open: nil
        case .key: ("key", ["type": "http", "scheme": "bearer", "description": "The service's static key."])
        case .descope:
            (
                "descope",
                [
                    "type": "apiKey", "in": "header", "name": "x-descope-api-key",
                    "description": "An access key of the Descope project.",
                ]
            )
        }
    }
}

extension HTTPMethod {
    /// Whether a request of this method is expected to have content (RFC 9110 §9.3).
    fileprivate var mayHaveBody: Bool { ![.get, .head, .delete, .options, .trace, .connect].contains(self) }
}
