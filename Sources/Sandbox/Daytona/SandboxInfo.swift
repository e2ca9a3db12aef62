public import BenchmarkProtocol

/// A sandbox as the control plane describes it; unknown keys are ignored, and those that servers leave out are nil.
public struct SandboxInfo: Sendable, Hashable {
    /// The id, by which the toolbox knows it.
    public let id: String
    /// The name; often the id.
    public let name: String
    /// Where it is in its life.
    public internal(set) var state: SandboxState
    /// Where it is meant to be.
    public let desiredState: SandboxState?
    /// The labels it was created with, or got since.
    public let labels: [String: String]
    /// Why it is in an error state.
    public let errorReason: String?
    /// The organization it belongs to.
    public let organizationID: String?
    /// The snapshot it was made from.
    public let snapshot: String?
    /// The user its commands run as.
    public let user: String?
    /// The region it is in.
    public let target: String?
    /// The variables of its environment; empty in lists.
    public let environment: [String: String]
    /// Whether its ports are open to everybody.
    public let isPublic: Bool
    /// Cores, and memory and disk in GiB.
    public let resources: Resources?
    /// Minutes without a request after which it is stopped; 0 for never.
    public let autoStopMinutes: Int?
    /// Minutes after its stop after which it is archived.
    public let autoArchiveMinutes: Int?
    /// Minutes after its stop after which it is deleted; negative for never.
    public let autoDeleteMinutes: Int?
    /// When it was made, as RFC 3339 writes it.
    public let createdAt: String?
    /// When its description last changed.
    public let updatedAt: String?
    /// The version of its daemon, such as `0.190.0`; nil where the server does not say.
    public let daemonVersion: String?
    /// Below which address its toolbox is.
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

    /// A sandbox that is no more, and so has no other description.
    static func destroyed(_ idOrName: String, last: SandboxInfo?) throws(SandboxError) -> SandboxInfo {
        var info: SandboxInfo
        if let last { info = last } else { info = try SandboxInfo(["id": .string(idOrName)]) }
        info.state = .destroyed
        return info
    }

    /// Whether its daemon has certainly logged all output of a command when it tells the exit code.
    ///
    /// One of the versions 0.16x was the first to; which one is not known.
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
