/// The answer of `GET /retrieve-task/`: what a task needs.
///
/// `{"docker_image":"…","problem_path":"…","cwd":"…","agent_timeout":null,"resources":{"vcpu":2,"memory":4,"disk":10}}`
public struct RetrieveTaskResponse: Sendable, Hashable {
    /// The image of the sandbox.
    public var dockerImage: String
    /// Where the setup writes the problem.
    public var problemPath: String
    /// The agent's working directory.
    public var cwd: String
    /// Seconds the agent may take; nil for no limit of the task's own.
    public var agentTimeout: Double?
    /// What the sandbox needs.
    public var resources: Resources

    /// A response of the given parts.
    public init(
        dockerImage: String,
        problemPath: String,
        cwd: String,
        agentTimeout: Double? = nil,
        resources: Resources = Resources(vcpu: 2, memory: 4, disk: 10)
    ) {
        (self.dockerImage, self.problemPath, self.cwd) = (dockerImage, problemPath, cwd)
        (self.agentTimeout, self.resources) = (agentTimeout, resources)
    }

    package init(json: JSONValue) throws {
        var fields = try FieldReader(json)
        dockerImage = fields.string("docker_image")
        problemPath = fields.string("problem_path")
        cwd = fields.string("cwd")
        agentTimeout = fields.optionalDouble("agent_timeout")
        resources = fields.nested("resources", Resources.init(fields:)) ?? Resources(vcpu: 0, memory: 0, disk: 0)
        try fields.check()
    }

    package var json: JSONValue {
        [
            "docker_image": .string(dockerImage), "problem_path": .string(problemPath), "cwd": .string(cwd),
            "agent_timeout": agentTimeout.map { .double($0) } ?? .null, "resources": resources.json,
        ]
    }

    /// Exact equality: texts by their UTF-8.
    public static func == (left: RetrieveTaskResponse, right: RetrieveTaskResponse) -> Bool { left.json == right.json }

    /// Hashes what equality compares.
    public func hash(into hasher: inout Hasher) { hasher.combine(json) }
}

/// What a sandbox needs: `{"vcpu":2,"memory":4,"disk":10}`.
public struct Resources: Sendable, Hashable {
    /// Cores.
    public var vcpu: Int
    /// Memory in GB.
    public var memory: Int
    /// Disk in GB.
    public var disk: Int

    /// Needs of the given size.
    public init(vcpu: Int, memory: Int, disk: Int) { (self.vcpu, self.memory, self.disk) = (vcpu, memory, disk) }

    fileprivate init(fields: inout FieldReader) {
        vcpu = fields.int("vcpu")
        memory = fields.int("memory")
        disk = fields.int("disk")
    }

    package var json: JSONValue { ["vcpu": .int(vcpu), "memory": .int(memory), "disk": .int(disk)] }
}
