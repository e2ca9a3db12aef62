public import BenchmarkProtocol

/// A sandbox as the control plane describes it; unknown keys are ignored.
public struct SandboxInfo: Sendable, Hashable {
    /// The id, by which the toolbox knows it.
    public let id: String
    /// The name; often the id.
    public let name: String
    /// For example `started`; states may be added by newer servers.
    public let state: String
    /// The labels it was created with.
    public let labels: [String: String]
    /// Why it is in an error state.
    public let errorReason: String?
    /// Below which address its toolbox is.
    let toolboxProxyURL: String?

    init(_ json: JSONValue) throws {
        guard let id = json["id"]?.stringValue, !id.isEmpty else {
            throw SandboxError(.protocolViolation, "the description of a sandbox has no id")
        }
        self.id = id
        name = json["name"]?.stringValue ?? id
        state = json["state"]?.stringValue ?? "unknown"
        errorReason = json["errorReason"]?.stringValue
        toolboxProxyURL = json["toolboxProxyUrl"]?.stringValue
        var labels: [String: String] = [:]
        if let object = json["labels"]?.objectValue {
            for (key, value) in object { labels[key] = value.stringValue }
        }
        self.labels = labels
    }
}

/// What a sandbox is to be made from.
///
/// Resources can be asked for with an image only.
public struct CreateSandboxRequest: Sendable {
    /// The name; nil lets the server choose.
    public var name: String?
    /// A container image; nil for the deployment's default snapshot.
    public var image: String?
    /// Cores, and memory and disk in GiB; nil for the server's defaults.
    public var resources: Resources?
    /// Environment variables of every process in it.
    public var environment: [(name: String, value: String)] = []
    /// Labels to find it by.
    public var labels: [(name: String, value: String)] = []
    /// Minutes without a request after which it is stopped; 0 for never, nil for the server's default.
    public var autoStopMinutes: Int?

    /// A request for an image, or for the default snapshot.
    public init(image: String? = nil, resources: Resources? = nil) { (self.image, self.resources) = (image, resources) }

    func json(target: String) -> JSONValue {
        var body = JSONObject()
        if let name { body["name"] = .string(name) }
        body["env"] = .object(Self.object(environment))
        body["labels"] = .object(Self.object(labels + [("code-toolbox-language", "python")]))
        if !target.isEmpty { body["target"] = .string(target) }
        if let image {
            if let resources {
                body["cpu"] = .int(resources.vcpu)
                body["memory"] = .int(resources.memory)
                body["disk"] = .int(resources.disk)
            }
            body["buildInfo"] = ["dockerfileContent": .string("FROM \(image)\n")]
        }
        if let autoStopMinutes { body["autoStopInterval"] = .int(autoStopMinutes) }
        body["volumes"] = []
        return .object(body)
    }

    private static func object(_ pairs: [(name: String, value: String)]) -> JSONObject {
        var object = JSONObject()
        for (name, value) in pairs { object[name] = .string(value) }
        return object
    }
}
