/// The provider of a request's sandbox, with the key to it, if the request names them in its body.
///
/// The textual description leaves out the key.
public enum SandboxProvider: Sendable, Hashable, CustomStringConvertible {
    /// A deployment of Daytona.
    case daytona(Daytona)
    /// A provider that this toolkit does not know, by the name of its kind.
    case other(type: String)

    /// `{"type":"daytona","DAYTONA_API_KEY":"…","DAYTONA_API_URL":"…","DAYTONA_TARGET":"…"}`.
    public struct Daytona: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
        /// The opaque key.
        public var apiKey: String
        /// The address of the control plane; a slash at its end is removed by the initializer.
        public var apiURL: String
        /// The region.
        public var target: String
        /// The organization to use; `nil` for the key's.
        public var organizationID: String?

        /// Creates a deployment from its parts.
        public init(apiKey: String, apiURL: String, target: String, organizationID: String? = nil) {
            (self.apiKey, self.target, self.organizationID) = (apiKey, target, organizationID)
            self.apiURL = apiURL.utf8.last == UInt8(ascii: "/") ? String(apiURL.dropLast()) : apiURL
        }

        /// The address and region.
        public var description: String { "\(apiURL), target '\(target)'" }

        /// The address and region, so that printing the whole value does not print the key.
        public var customMirror: Mirror { Mirror(self, children: ["apiURL": apiURL, "target": target]) }

        fileprivate init(_ fields: inout FieldReader) {
            self.init(
                apiKey: fields.read(Fields.apiKey),
                apiURL: fields.read(Fields.apiURL),
                target: fields.read(Fields.target),
                organizationID: fields.read(Fields.organizationID)
            )
        }

        fileprivate var json: JSONValue {
            var object: JSONObject = [
                "type": "daytona", "DAYTONA_API_KEY": .string(apiKey), "DAYTONA_API_URL": .string(apiURL),
                "DAYTONA_TARGET": .string(target),
            ]
            if let organizationID { object["DAYTONA_ORGANIZATION_ID"] = .string(organizationID) }
            return .object(object)
        }
    }

    private enum Fields {
        static let type = Field<String>.string("type", "The kind of provider.", example: "daytona")
        static let apiKey = Field<String>.string("DAYTONA_API_KEY", "The key.")
        static let apiURL = Field<String>.string("DAYTONA_API_URL", "The address of the control plane.")
        static let target = Field<String>.string("DAYTONA_TARGET", "The region.")
        static let organizationID = Field<String?>.optionalString(
            "DAYTONA_ORGANIZATION_ID",
            "The organization to use; null for the key's own."
        )
    }

    static let schema = ObjectSchema(
        "SandboxProvider",
        "A deployment of Daytona.",
        [
            Fields.type.schema, Fields.apiKey.schema, Fields.apiURL.schema, Fields.target.schema,
            Fields.organizationID.schema,
        ]
    )

    /// Reads the value of a field; returns `nil` if it is null, absent, or wrong, which is noted.
    init?(_ field: FieldSchema, of fields: inout FieldReader) {
        guard let value = fields.object[field.name], value != .null else { return nil }
        let provider = fields.read(field) { fields -> SandboxProvider in
            let type = fields.read(Fields.type)
            return type == "daytona" ? .daytona(Daytona(&fields)) : .other(type: type)
        }
        guard let provider else { return nil }
        self = provider
    }

    var json: JSONValue {
        switch self {
        case .daytona(let daytona): daytona.json
        case .other(let type): ["type": .string(type)]
        }
    }

    /// The kind, with the address and region of a deployment of Daytona.
    public var description: String {
        switch self {
        case .daytona(let daytona): "daytona, \(daytona)"
        case .other(let type): type
        }
    }
}
