/// The parameters of `GET /retrieve-task/`.
package struct RetrieveTaskRequest: Sendable {
    package var taskID: String
    package var skipValidation: Bool
    package var dataset: String?

    private enum Fields {
        static let taskID = CommonFields.taskID
        static let skipValidation = Field<Bool>.flag(
            "skip_validation",
            "Whether to answer even if the task is not in the dataset.",
            default: false
        )
        static let dataset = CommonFields.dataset
    }

    package static let parameters = [Fields.taskID.schema, Fields.skipValidation.schema, Fields.dataset.schema]

    /// - Throws: ``ValidationErrors``.
    package init(query: QueryParameters) throws {
        var fields = FieldReader(query, Self.parameters)
        taskID = fields.read(Fields.taskID)
        skipValidation = fields.read(Fields.skipValidation)
        dataset = fields.read(Fields.dataset)
        try fields.check()
    }
}

/// The answer to `GET /retrieve-task/`: what a task needs.
///
/// `{"docker_image":"…","problem_path":"…","cwd":"…","agent_timeout":null,"resources":{"vcpu":2,"memory":4,"disk":10}}`
public struct RetrieveTaskResponse: Sendable, Hashable {
    /// The image of the sandbox.
    public var dockerImage: String
    /// The path that the setup writes the problem to.
    public var problemPath: String
    /// The agent's working directory.
    public var cwd: String
    /// The number of seconds the agent may take; `nil` if the task has no limit of its own.
    public var agentTimeout: Double?
    /// The resources that the sandbox needs.
    public var resources: Resources

    /// Creates a response from its parts.
    public init(
        dockerImage: String,
        problemPath: String,
        cwd: String,
        agentTimeout: Double? = nil,
        resources: Resources = Resources()
    ) {
        (self.dockerImage, self.problemPath, self.cwd) = (dockerImage, problemPath, cwd)
        (self.agentTimeout, self.resources) = (agentTimeout, resources)
    }

    private enum Fields {
        static let dockerImage = Field<String>.string("docker_image", "The image of the sandbox.")
        static let problemPath = Field<String>.string("problem_path", "The path that the setup writes the problem to.")
        static let cwd = Field<String>.string("cwd", "The agent's working directory.")
        static let agentTimeout = Field<Double?>.optionalDouble(
            "agent_timeout",
            "The number of seconds the agent may take; null if the task sets no limit."
        )
        static let resources = FieldSchema("resources", .object(Resources.schema), "The resources the sandbox needs.")
    }

    package static let schema = ObjectSchema(
        "RetrieveTaskResponse",
        "What is needed to run a task.",
        [
            Fields.dockerImage.schema, Fields.problemPath.schema, Fields.cwd.schema, Fields.agentTimeout.schema,
            Fields.resources,
        ]
    )

    package init(json: JSONValue) throws {
        var fields = try FieldReader(json)
        dockerImage = fields.read(Fields.dockerImage)
        problemPath = fields.read(Fields.problemPath)
        cwd = fields.read(Fields.cwd)
        agentTimeout = fields.read(Fields.agentTimeout)
        resources = fields.read(Fields.resources, Resources.init(fields:)) ?? Resources(vcpu: 0, memory: 0, disk: 0)
        try fields.check()
    }

    package var json: JSONValue {
        [
            "docker_image": .string(dockerImage), "problem_path": .string(problemPath), "cwd": .string(cwd),
            "agent_timeout": agentTimeout.map { .double($0) } ?? .null, "resources": resources.json,
        ]
    }

    /// Compares exactly, with texts by their UTF-8.
    public static func == (left: RetrieveTaskResponse, right: RetrieveTaskResponse) -> Bool { left.json == right.json }

    /// Hashes consistently with `==`.
    public func hash(into hasher: inout Hasher) { hasher.combine(json) }
}

/// The resources that a sandbox needs: `{"vcpu":2,"memory":4,"disk":10}`.
public struct Resources: Sendable, Hashable {
    /// The number of cores.
    public var vcpu: Int
    /// The memory in GB.
    public var memory: Int
    /// The disk space in GB.
    public var disk: Int

    /// Creates resources of the given size.
    public init(vcpu: Int = 2, memory: Int = 4, disk: Int = 10) {
        (self.vcpu, self.memory, self.disk) = (vcpu, memory, disk)
    }

    private enum Fields {
        static let vcpu = Field<Int>.int("vcpu", "The number of cores.")
        static let memory = Field<Int>.int("memory", "The memory in GB.")
        static let disk = Field<Int>.int("disk", "The disk space in GB.")
    }

    static let schema = ObjectSchema(
        "Resources",
        "The resources of a sandbox.",
        [Fields.vcpu.schema, Fields.memory.schema, Fields.disk.schema]
    )

    fileprivate init(fields: inout FieldReader) {
        vcpu = fields.read(Fields.vcpu)
        memory = fields.read(Fields.memory)
        disk = fields.read(Fields.disk)
    }

    package var json: JSONValue { ["vcpu": .int(vcpu), "memory": .int(memory), "disk": .int(disk)] }
}
