/// The body of `POST /final-score/`: `{"evaluation_results":{"task-1":{…},"task-2":null},"dataset":null}`.
public struct FinalScoreRequest: Sendable, Hashable {
    /// The result of each task's evaluation, in order; null for a task that failed.
    public var evaluationResults: JSONObject
    /// The dataset; `nil` for the default.
    public var dataset: String?

    /// Creates a request from its parts.
    public init(evaluationResults: JSONObject, dataset: String? = nil) {
        (self.evaluationResults, self.dataset) = (evaluationResults, dataset)
    }

    private enum Fields {
        static let evaluationResults = Field<JSONObject>.dictionary(
            "evaluation_results",
            "The result of each task's evaluation by task id; null for a task that failed.",
            example: [:]
        )
        static let dataset = CommonFields.dataset
    }

    package static let schema = ObjectSchema(
        "FinalScoreRequest",
        "The results of the evaluations of a run.",
        [Fields.evaluationResults.schema, Fields.dataset.schema]
    )

    package init(body: RequestBody) throws {
        var fields = try FieldReader(body.value)
        evaluationResults = fields.read(Fields.evaluationResults)
        dataset = fields.read(Fields.dataset)
        try fields.check()
    }

    package var json: JSONValue {
        ["evaluation_results": .object(evaluationResults), "dataset": dataset.map { .string($0) } ?? .null]
    }

    /// Compares exactly, with texts by their UTF-8.
    public static func == (left: FinalScoreRequest, right: FinalScoreRequest) -> Bool { left.json == right.json }

    /// Hashes consistently with `==`.
    public func hash(into hasher: inout Hasher) { hasher.combine(json) }
}

/// The score that a benchmark gives a run.
public struct FinalScoreResult: Sendable, Hashable {
    /// The score; by convention a percentage.
    ///
    /// NaN is sent as null, which runners refuse.
    public var score: Double
    /// Anything that explains it.
    public var metadata: JSONObject

    /// Creates a result from its parts.
    public init(score: Double, metadata: JSONObject = [:]) { (self.score, self.metadata) = (score, metadata) }
}

/// The answer to `POST /final-score/`: `{"tasks_evaluated":["task-1"],"final_score":100.0,"metadata":{}}`.
public struct FinalScoreResponse: Sendable, Hashable {
    /// The ids of the request, in their order.
    public var tasksEvaluated: [String]
    /// The score.
    public var finalScore: Double
    /// Anything that the benchmark adds.
    public var metadata: JSONObject

    /// Creates a response from its parts.
    public init(tasksEvaluated: [String], finalScore: Double, metadata: JSONObject = [:]) {
        (self.tasksEvaluated, self.finalScore, self.metadata) = (tasksEvaluated, finalScore, metadata)
    }

    private enum Fields {
        static let tasksEvaluated = Field<[String]>.strings("tasks_evaluated", "The task ids of the request, in order.")
        static let finalScore = Field<Double>.double("final_score", "The score; by convention a percentage.")
        static let metadata = Field<JSONObject>.dictionary("metadata", "Additional data from the benchmark.")
    }

    package static let schema = ObjectSchema(
        "FinalScoreResponse",
        "The score of a run.",
        [Fields.tasksEvaluated.schema, Fields.finalScore.schema, Fields.metadata.schema]
    )

    package init(json: JSONValue) throws {
        var fields = try FieldReader(json)
        tasksEvaluated = fields.read(Fields.tasksEvaluated)
        finalScore = fields.read(Fields.finalScore)
        metadata = fields.read(Fields.metadata)
        try fields.check()
    }

    package var json: JSONValue {
        [
            "tasks_evaluated": .array(tasksEvaluated.map { .string($0) }), "final_score": .double(finalScore),
            "metadata": .object(metadata),
        ]
    }

    /// Compares exactly, with texts by their UTF-8.
    public static func == (left: FinalScoreResponse, right: FinalScoreResponse) -> Bool { left.json == right.json }

    /// Hashes consistently with `==`.
    public func hash(into hasher: inout Hasher) { hasher.combine(json) }
}
