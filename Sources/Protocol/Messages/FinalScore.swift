/// The body of `POST /final-score/`: `{"evaluation_results":{"task-1":{…},"task-2":null},"dataset":null}`.
public struct FinalScoreRequest: Sendable, Hashable {
    /// What the evaluation of each task returned, in order; null for a task that failed.
    public var evaluationResults: JSONObject
    /// The dataset; nil for the default.
    public var dataset: String?

    /// A request of the given parts.
    public init(evaluationResults: JSONObject, dataset: String? = nil) {
        (self.evaluationResults, self.dataset) = (evaluationResults, dataset)
    }

    package init(body: RequestBody) throws {
        var fields = try FieldReader(body.value)
        evaluationResults = fields.dictionary("evaluation_results")
        dataset = fields.optionalString("dataset")
        try fields.check()
    }

    package var json: JSONValue {
        ["evaluation_results": .object(evaluationResults), "dataset": dataset.map { .string($0) } ?? .null]
    }

    /// Exact equality: texts by their UTF-8.
    public static func == (left: FinalScoreRequest, right: FinalScoreRequest) -> Bool { left.json == right.json }

    /// Hashes what equality compares.
    public func hash(into hasher: inout Hasher) { hasher.combine(json) }
}

/// What a benchmark makes of a run.
public struct FinalScoreResult: Sendable, Hashable {
    /// The score; by custom a percentage.
    ///
    /// NaN is sent as null, which runners refuse.
    public var score: Double
    /// Anything that explains it.
    public var metadata: JSONObject

    /// A result of the given parts.
    public init(score: Double, metadata: JSONObject = [:]) { (self.score, self.metadata) = (score, metadata) }
}

/// The answer of `POST /final-score/`: `{"tasks_evaluated":["task-1"],"final_score":100.0,"metadata":{}}`.
public struct FinalScoreResponse: Sendable, Hashable {
    /// The ids of the request in their order.
    public var tasksEvaluated: [String]
    /// The score.
    public var finalScore: Double
    /// What the benchmark adds.
    public var metadata: JSONObject

    /// A response of the given parts.
    public init(tasksEvaluated: [String], finalScore: Double, metadata: JSONObject = [:]) {
        (self.tasksEvaluated, self.finalScore, self.metadata) = (tasksEvaluated, finalScore, metadata)
    }

    package init(json: JSONValue) throws {
        var fields = try FieldReader(json)
        tasksEvaluated = fields.strings("tasks_evaluated")
        finalScore = fields.double("final_score")
        metadata = fields.dictionary("metadata")
        try fields.check()
    }

    package var json: JSONValue {
        [
            "tasks_evaluated": .array(tasksEvaluated.map { .string($0) }), "final_score": .double(finalScore),
            "metadata": .object(metadata),
        ]
    }

    /// Exact equality: texts by their UTF-8.
    public static func == (left: FinalScoreResponse, right: FinalScoreResponse) -> Bool { left.json == right.json }

    /// Hashes what equality compares.
    public func hash(into hasher: inout Hasher) { hasher.combine(json) }
}
