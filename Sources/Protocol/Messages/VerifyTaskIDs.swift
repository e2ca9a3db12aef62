/// The answer to `GET /verify-task-ids`: `{"task_ids":["task-1"]}`.
public struct VerifyTaskIDsResponse: Sendable, Hashable {
    /// The ids that were selected, in order.
    public var taskIDs: [String]

    /// Creates a response with the given ids.
    public init(taskIDs: [String]) { self.taskIDs = taskIDs }

    private static let taskIDs = Field<[String]>.strings("task_ids", "The selected ids, in order.")

    package static let schema = ObjectSchema(
        "VerifyTaskIDsResponse",
        "The selected tasks.",
        [taskIDs.schema]
    )

    package init(json: JSONValue) throws {
        var fields = try FieldReader(json)
        taskIDs = fields.read(Self.taskIDs)
        try fields.check()
    }

    package var json: JSONValue { ["task_ids": .array(taskIDs.map { .string($0) })] }

    /// Compares exactly, with texts by their UTF-8.
    public static func == (left: VerifyTaskIDsResponse, right: VerifyTaskIDsResponse) -> Bool {
        left.json == right.json
    }

    /// Hashes consistently with `==`.
    public func hash(into hasher: inout Hasher) { hasher.combine(json) }
}

/// Which tasks of which dataset to select: ids take precedence over a slice, and no filter selects all.
public struct TaskFilter: Sendable, Hashable {
    /// The ids of the tasks, in this order; empty for no selection by id.
    public var taskIDs: [String]
    /// A slice of the dataset's ids, as `start:stop:step`.
    public var slice: String?
    /// The dataset; `nil` for the default.
    public var dataset: String?

    /// Creates a filter from its parts.
    public init(taskIDs: [String] = [], slice: String? = nil, dataset: String? = nil) {
        (self.taskIDs, self.slice, self.dataset) = (taskIDs, slice, dataset)
    }

    private enum Fields {
        static let taskIDs = Field<[String]>.strings(
            "task_ids",
            "The ids of the tasks to select, in order, without duplicates; repeat the parameter for each.",
            isRequired: false
        )
        static let slice = Field<String?>.optionalString(
            "slice",
            "A slice of the dataset's ids, as `start:stop:step`; ignored if ids are given.",
            example: "0:5"
        )
        static let dataset = CommonFields.dataset
    }

    package static let parameters = [Fields.taskIDs.schema, Fields.slice.schema, Fields.dataset.schema]

    /// Reads the parameters of `GET /verify-task-ids`, none of which can be wrong.
    package init(query: QueryParameters) {
        var fields = FieldReader(query, Self.parameters)
        self.init(
            taskIDs: fields.read(Fields.taskIDs),
            slice: fields.read(Fields.slice),
            dataset: fields.read(Fields.dataset)
        )
    }

    /// Parses the slice.
    ///
    /// - Throws: ``ProtocolError`` with code `.invalidSlice`, also if there is no slice.
    public func parseSlice() throws -> SliceExpression {
        guard let slice, !slice.isEmpty else { throw ProtocolError(.invalidSlice, "Slice is not provided") }
        return try SliceExpression(slice)
    }

    private var parts: JSONValue {
        [.array(taskIDs.map { .string($0) }), slice.map { .string($0) } ?? .null, dataset.map { .string($0) } ?? .null]
    }

    /// Compares exactly, with texts by their UTF-8.
    public static func == (left: TaskFilter, right: TaskFilter) -> Bool { left.parts == right.parts }

    /// Hashes consistently with `==`.
    public func hash(into hasher: inout Hasher) { hasher.combine(parts) }
}
