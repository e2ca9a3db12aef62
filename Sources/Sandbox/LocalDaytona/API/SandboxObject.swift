import BenchmarkProtocol

extension SandboxRecord {
    /// Returns the Sandbox object of the API.
    ///
    /// - Parameter toolboxURL: the base URL of all toolboxes, without the sandbox's id.
    func json(toolboxURL: String) -> JSONValue {
        var object: JSONObject = [
            "id": .string(id),
            "organizationId": .string(Self.organizationID),
            "name": .string(name),
            "snapshot": .string(snapshot),
            "user": .string(user),
            "env": Self.json(environment),
            "labels": Self.json(labels),
            "public": .bool(isPublic),
            "networkBlockAll": .bool(false),
            "kvm": .bool(false),
            "target": .string(target),
            "cpu": .int(resources.cpu),
            "gpu": .int(resources.gpu),
            "memory": .int(resources.memory),
            "disk": .int(resources.disk),
            "state": .string(state.rawValue),
            "desiredState": .string(desiredState.rawValue),
            "backupState": .string("None"),
            "autoStopInterval": .int(autoStopMinutes),
            "autoArchiveInterval": .int(autoArchiveMinutes),
            "autoDeleteInterval": .int(autoDeleteMinutes),
            "volumes": .array([]),
            "sandboxClass": .string("container"),
            "createdAt": .string(createdAt.milliseconds),
            "updatedAt": .string(updatedAt.milliseconds),
            "lastActivityAt": .string(lastActivityAt.milliseconds),
            "daemonVersion": .string(Self.daemonVersion),
            "runnerId": .string("local"),
            "toolboxProxyUrl": .string(toolboxURL),
        ]
        if let errorReason { object["errorReason"] = .string(errorReason) }
        if let dockerfile {
            object["buildInfo"] = [
                "dockerfileContent": .string(dockerfile), "createdAt": .string(createdAt.milliseconds),
                "updatedAt": .string(createdAt.milliseconds), "snapshotRef": .string("local"),
            ]
        }
        return .object(object)
    }

    /// The version of the daemon that the toolbox imitates.
    static let daemonVersion = "0.190.0"
    private static let organizationID = "00000000-0000-4000-8000-000000000001"

    /// Creates the record that a create request asks for.
    ///
    /// - Throws: `APIError` 400 for invalid values.
    init(id: String, creating request: JSONObject) throws(APIError) {
        self.init(id: id, name: request["name"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 })
        environment = try Self.texts(request["env"], "env")
        if let name = environment.first(where: { !Self.isVariableName($0.name) })?.name {
            throw APIError(400, "invalid environment variable name: \(name)")
        }
        labels = try Self.texts(request["labels"], "labels")
        snapshot = request["snapshot"]?.stringValue ?? snapshot
        user = request["user"]?.stringValue ?? user
        target = request["target"]?.stringValue ?? target
        isPublic = request["public"]?.boolValue ?? isPublic
        dockerfile = request["buildInfo"]?["dockerfileContent"]?.stringValue
        let asked = ["cpu", "gpu", "memory", "disk"].filter { request[$0]?.intValue != nil }
        if request["snapshot"]?.stringValue != nil, !asked.isEmpty {
            throw APIError(400, "Cannot specify Sandbox resources when using a snapshot")
        }
        let limiting = ["cpu", "memory", "disk"].map { request[$0]?.intValue }
        if limiting.contains(where: { ($0 ?? 1) < 1 }) { throw APIError(400, "resources must be positive") }
        if limiting.contains(where: { $0 != nil }) {
            limits = ResourceLimits(cpu: limiting[0], memory: limiting[1], disk: limiting[2])
        }
        resources.cpu = request["cpu"]?.intValue ?? resources.cpu
        resources.gpu = request["gpu"]?.intValue ?? resources.gpu
        resources.memory = request["memory"]?.intValue ?? resources.memory
        resources.disk = request["disk"]?.intValue ?? resources.disk
        autoStopMinutes = request["autoStopInterval"]?.intValue ?? autoStopMinutes
        autoArchiveMinutes = request["autoArchiveInterval"]?.intValue ?? autoArchiveMinutes
        autoDeleteMinutes = request["autoDeleteInterval"]?.intValue ?? autoDeleteMinutes
        guard autoStopMinutes >= 0, autoArchiveMinutes >= 0 else {
            throw APIError(400, "autoStopInterval and autoArchiveInterval must not be negative")
        }
    }

    /// Returns the members of an object whose values are strings, such as `{"a":"b"}`.
    static func texts(_ value: JSONValue?, _ name: String) throws(APIError) -> [(name: String, value: String)] {
        switch value {
        case nil, .null: return []
        case .object(let object):
            var texts = [(name: String, value: String)]()
            for (key, value) in object {
                guard let text = value.stringValue else { throw APIError(400, "\(name).\(key) must be a string") }
                texts.append((key, text))
            }
            return texts
        default: throw APIError(400, "\(name) must be an object")
        }
    }

    /// Returns whether the text is of the form `[A-Za-z_][A-Za-z0-9_]*`, as the names of variables must be.
    static func isVariableName(_ text: String) -> Bool {
        guard let first = text.utf8.first, !(0x30...0x39).contains(first) else { return false }
        return text.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"): true
            default: false
            }
        }
    }

    /// Returns an object whose values are strings.
    static func json(_ texts: [(name: String, value: String)]) -> JSONValue {
        var object = JSONObject()
        for (name, value) in texts { object[name] = .string(value) }
        return .object(object)
    }
}
