public import BenchmarkProtocol

/// A sandbox as the control plane describes it; unknown keys are ignored, and those that servers leave out are `nil`.
public struct SandboxInfo: Sendable, Hashable {
    /// The id by which the toolbox knows it.
    public let id: String
    /// The name; often the id.
    public let name: String
    /// Its current state.
    public internal(set) var state: SandboxState
    /// The state it is meant to reach.
    public let desiredState: SandboxState?
    /// Its labels, set when it was created or since.
    public let labels: [String: String]
    /// The reason for its error state.
    public let errorReason: String?
    /// The organization it belongs to.
    public let organizationID: String?
    /// The snapshot it was made from.
    public let snapshot: String?
    /// The user its commands run as.
    public let user: String?
    /// The region it is in.
    public let target: String?
    /// Its environment variables; empty in lists.
    public let environment: [String: String]
    /// Whether its ports are open to everybody.
    public let isPublic: Bool
    /// The number of cores, and memory and disk in GiB.
    public let resources: Resources?
    /// The minutes without a request after which it is stopped; 0 for never.
    public let autoStopMinutes: Int?
    /// The minutes after its stop until it is archived.
    public let autoArchiveMinutes: Int?
    /// The minutes after its stop until it is deleted; negative for never.
    public let autoDeleteMinutes: Int?
    /// When it was created, in the format of RFC 3339.
    public let createdAt: String?
    /// When its description last changed.
    public let updatedAt: String?
    /// The version of its daemon, such as `0.190.0`; `nil` if the server does not say.
    public let daemonVersion: String?
    /// The address below which its toolbox is.
    let toolboxProxyURL: String?

    init(_ json: JSONValue) throws(SandboxError) {
        guard let id = json["id"]?.stringValue, !id.isEmpty else {
            throw SandboxError(.protocolViolation, "the description of a sandbox has no id")
        }
        func text(_ key: String) -> String? { json[key]?.stringValue }
        self.id = id
        name = text("name") ?? id
        state = SandboxState(rawValue: text("state") ?? "unknown")
        desiredState = text("desiredState").map { SandboxState(rawValue: $0) }
        errorReason = text("errorReason")
        (organizationID, snapshot) = (text("organizationId"), text("snapshot"))
        (user, target) = (text("user"), text("target"))
        (createdAt, updatedAt) = (text("createdAt"), text("updatedAt"))
        daemonVersion = text("daemonVersion")
        toolboxProxyURL = text("toolboxProxyUrl")
        isPublic = json["public"]?.boolValue ?? false
        labels = Self.texts(json["labels"])
        environment = Self.texts(json["env"])
        autoStopMinutes = json["autoStopInterval"]?.intValue
        autoArchiveMinutes = json["autoArchiveInterval"]?.intValue
        autoDeleteMinutes = json["autoDeleteInterval"]?.intValue
        if let cpu = json["cpu"]?.intValue, let memory = json["memory"]?.intValue, let disk = json["disk"]?.intValue {
            resources = Resources(vcpu: cpu, memory: memory, disk: disk)
        } else {
            resources = nil
        }
    }

    /// Returns the description of a sandbox that no longer exists, from the last one known, if any.
    static func destroyed(_ idOrName: String, last: SandboxInfo?) throws(SandboxError) -> SandboxInfo {
        var info: SandboxInfo
        if let last { info = last } else { info = try SandboxInfo(["id": .string(idOrName)]) }
        info.state = .destroyed
        return info
    }

    /// Whether its daemon has certainly logged all output of a command by the time it reports the exit code.
    ///
    /// The first version to do so is one of 0.16x; as it is not known which, 0.170 is taken as the first.
    var daemonLogsBeforeExitCode: Bool {
        let parts = (daemonVersion ?? "").split(separator: ".", omittingEmptySubsequences: false).map { Int($0) }
        guard parts.count > 1, let major = parts[0], let minor = parts[1] else { return false }
        return (major, minor) >= (0, 170)
    }

    static func texts(_ json: JSONValue?) -> [String: String] {
        var texts: [String: String] = [:]
        for (key, value) in json?.objectValue ?? JSONObject() { texts[key] = value.stringValue }
        return texts
    }
}
