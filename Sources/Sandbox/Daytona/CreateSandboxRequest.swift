public import BenchmarkProtocol

/// The source and the properties of a new sandbox.
///
/// Resources can be requested only with an image; a snapshot has its own.
public struct CreateSandboxRequest: Sendable {
    /// The name; `nil` lets the server choose one.
    public var name: String?
    /// A container image; `nil` for a snapshot.
    public var image: String?
    /// A snapshot's name or id; `nil` for the deployment's default, or for an image.
    public var snapshot: String?
    /// The number of cores, and memory and disk in GiB; `nil` for the server's defaults.
    public var resources: Resources?
    /// The user that commands run as; `nil` for the server's choice.
    public var user: String?
    /// The environment variables of every process in it.
    public var environment: [(name: String, value: String)] = []
    /// The labels to find it by.
    public var labels: [(name: String, value: String)] = []
    /// Whether its ports are open to everybody; `nil` for the server's default.
    public var isPublic: Bool?
    /// Whether it is cut off from the network; `nil` for the server's default.
    public var blocksNetwork: Bool?
    /// The minutes without a request after which it is stopped; 0 for never, `nil` for the server's default.
    public var autoStopMinutes: Int?
    /// The minutes after its stop until it is archived; 0 for the longest the server allows, `nil` for its default.
    public var autoArchiveMinutes: Int?
    /// The minutes after its stop until it is deleted; 0 to delete it when it stops, negative for never, `nil` for the
    /// server's default.
    public var autoDeleteMinutes: Int?

    /// Creates a request for an image, or for the default snapshot.
    public init(image: String? = nil, resources: Resources? = nil) { (self.image, self.resources) = (image, resources) }

    /// Creates a request for a snapshot.
    public init(snapshot: String) { self.snapshot = snapshot }

    /// Checks for values that a server would refuse.
    func check() throws(SandboxError) {
        if let name { try SandboxInput.checkID(name) }
        if let snapshot {
            try SandboxInput.checkText(snapshot, "snapshot")
            if image != nil { throw SandboxError(.invalidRequest, "a sandbox is made from a snapshot or an image") }
            if resources != nil { throw SandboxError(.invalidRequest, "a snapshot has its own resources") }
        }
        if let image {
            try SandboxInput.checkText(image, "image")
            // It becomes a line of a Dockerfile.
            if image.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7f }) {
                throw SandboxError(.invalidRequest, "the image '\(image)' has a blank or control character in it")
            }
        }
        if let resources, min(resources.vcpu, resources.memory, resources.disk) < 1 {
            throw SandboxError(.invalidRequest, "resources must be positive")
        }
        if min(autoStopMinutes ?? 0, autoArchiveMinutes ?? 0) < 0 {
            throw SandboxError(.invalidRequest, "the minutes to stop and archive after must not be negative")
        }
        try SandboxInput.checkEnvironment(environment)
        for (name, _) in labels where name.isEmpty { throw SandboxError(.invalidRequest, "a label has no name") }
    }

    func json(target: String) -> JSONValue {
        var body = JSONObject()
        if let name { body["name"] = .string(name) }
        if let snapshot { body["snapshot"] = .string(snapshot) }
        if let user { body["user"] = .string(user) }
        body["env"] = .object(Self.object(environment))
        body["labels"] = .object(Self.object([("code-toolbox-language", "python")] + labels))
        if !target.isEmpty { body["target"] = .string(target) }
        if let image {
            if let resources {
                body["cpu"] = .int(resources.vcpu)
                body["memory"] = .int(resources.memory)
                body["disk"] = .int(resources.disk)
            }
            body["buildInfo"] = ["dockerfileContent": .string("FROM \(image)\n")]
        }
        if let isPublic { body["public"] = .bool(isPublic) }
        if let blocksNetwork { body["networkBlockAll"] = .bool(blocksNetwork) }
        if let autoStopMinutes { body["autoStopInterval"] = .int(autoStopMinutes) }
        if let autoArchiveMinutes { body["autoArchiveInterval"] = .int(autoArchiveMinutes) }
        if let autoDeleteMinutes { body["autoDeleteInterval"] = .int(autoDeleteMinutes) }
        body["volumes"] = []
        return .object(body)
    }

    private static func object(_ pairs: [(name: String, value: String)]) -> JSONObject {
        var object = JSONObject()
        for (name, value) in pairs { object[name] = .string(value) }
        return object
    }
}
