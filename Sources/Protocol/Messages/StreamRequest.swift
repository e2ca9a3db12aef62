/// The first message of a stream: `{"task_id":"…","instance_id":"…","dataset":null}`.
public struct StreamRequest: Sendable, Hashable {
    /// The task to set up or to grade.
    public var taskID: String
    /// The id of the sandbox.
    public var instanceID: String
    /// The dataset; `nil` for the default.
    public var dataset: String?
    /// The provider of the sandbox, if the headers of the connection do not name it.
    public var sandboxProvider: SandboxProvider?

    /// Creates a request from its parts.
    public init(
        taskID: String,
        instanceID: String,
        dataset: String? = nil,
        sandboxProvider: SandboxProvider? = nil
    ) {
        (self.taskID, self.instanceID, self.dataset) = (taskID, instanceID, dataset)
        self.sandboxProvider = sandboxProvider
    }

    private enum Fields {
        static let taskID = CommonFields.taskID
        static let instanceID = Field<String>.string("instance_id", "The id of the sandbox.")
        static let dataset = CommonFields.dataset
        static let sandboxProvider = FieldSchema(
            "sandbox_provider",
            .nullable(.object(SandboxProvider.schema)),
            "The provider of the sandbox, if the request's headers do not name it.",
            isRequired: false
        )
    }

    package static let schema = ObjectSchema(
        "StreamRequest",
        "A task, and the sandbox to set it up or grade it in.",
        [Fields.taskID.schema, Fields.instanceID.schema, Fields.dataset.schema, Fields.sandboxProvider]
    )

    /// - Parameter readsProvider: whether the field `sandbox_provider` is read, and validated.
    package init(json: JSONValue, readsProvider: Bool = false) throws {
        var fields = try FieldReader(json)
        taskID = fields.read(Fields.taskID)
        instanceID = fields.read(Fields.instanceID)
        dataset = fields.read(Fields.dataset)
        sandboxProvider = readsProvider ? SandboxProvider(Fields.sandboxProvider, of: &fields) : nil
        try fields.check()
    }

    package var json: JSONValue {
        var object: JSONObject = [
            "task_id": .string(taskID), "instance_id": .string(instanceID),
            "dataset": dataset.map { .string($0) } ?? .null,
        ]
        if let sandboxProvider { object["sandbox_provider"] = sandboxProvider.json }
        return .object(object)
    }

    /// Compares exactly, with texts by their UTF-8.
    public static func == (left: StreamRequest, right: StreamRequest) -> Bool { left.json == right.json }

    /// Hashes consistently with `==`.
    public func hash(into hasher: inout Hasher) { hasher.combine(json) }
}
