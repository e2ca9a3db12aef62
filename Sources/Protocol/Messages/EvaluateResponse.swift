/// The body of `POST /evaluate-response/`: `{"task_id":"…","response":"…","dataset":null}`.
public struct EvaluateResponseRequest: Sendable, Hashable {
    /// The task that is answered.
    public var taskID: String
    /// The answer.
    public var response: String
    /// The dataset; `nil` for the default.
    public var dataset: String?

    /// Creates a request from its parts.
    public init(taskID: String, response: String, dataset: String? = nil) {
        (self.taskID, self.response, self.dataset) = (taskID, response, dataset)
    }

    private enum Fields {
        static let taskID = CommonFields.taskID
        static let response = Field<String>.string("response", "The answer to the task.", example: "4")
        static let dataset = CommonFields.dataset
    }

    package static let schema = ObjectSchema(
        "EvaluateResponseRequest",
        "A text answer to a task.",
        [Fields.taskID.schema, Fields.response.schema, Fields.dataset.schema]
    )

    package init(body: RequestBody) throws {
        var fields = try FieldReader(body.value)
        taskID = fields.read(Fields.taskID)
        response = fields.read(Fields.response)
        dataset = fields.read(Fields.dataset)
        try fields.check()
    }

    package var json: JSONValue {
        ["task_id": .string(taskID), "response": .string(response), "dataset": dataset.map { .string($0) } ?? .null]
    }

    /// Compares exactly, with texts by their UTF-8.
    public static func == (left: EvaluateResponseRequest, right: EvaluateResponseRequest) -> Bool {
        left.json == right.json
    }

    /// Hashes consistently with `==`.
    public func hash(into hasher: inout Hasher) { hasher.combine(json) }
}
