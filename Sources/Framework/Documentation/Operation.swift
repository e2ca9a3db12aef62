import BenchmarkProtocol
import BenchmarkTransport

/// A route as the OpenAPI document describes it.
struct Operation: Sendable {
    let method: HTTPMethod
    let path: String
    let summary: String
    var description: String?
    var parameters: [FieldSchema] = []
    var body: ObjectSchema?
    /// The body of a 200; `nil` for a custom route, which may answer anything.
    let result: ValueSchema?
    /// Whether a well-formed request may be refused with a 400.
    var refuses = false
    /// Whether it needs no authentication.
    var isOpen = false
    /// Whether it may read anything from a request, because it is a custom route.
    var takesAnything: Bool { result == nil }

    /// The operations of the service contract.
    static let contract = [
        Operation(
            method: .get,
            path: "/health",
            summary: "Reports that the service is up.",
            result: .object(ObjectSchema("Health", "The service is up.", [FieldSchema("status", .string, "`ok`.")])),
            isOpen: true
        ),
        Operation(
            method: .get,
            path: "/verify-task-ids",
            summary: "Lists the ids of the tasks that a filter selects.",
            description: "Ids take precedence over a slice; without either, all tasks of the dataset, in its order.",
            parameters: TaskFilter.parameters,
            result: .object(VerifyTaskIDsResponse.schema),
            refuses: true
        ),
        Operation(
            method: .get,
            path: "/retrieve-task/",
            summary: "Returns what a task needs: image, paths, resources.",
            parameters: RetrieveTaskRequest.parameters,
            result: .object(RetrieveTaskResponse.schema),
            refuses: true
        ),
        Operation(
            method: .post,
            path: "/evaluate-response/",
            summary: "Grades a text answer.",
            description: "The result is whatever the benchmark returns.",
            body: EvaluateResponseRequest.schema,
            result: .anything,
            refuses: true
        ),
        Operation(
            method: .post,
            path: "/final-score/",
            summary: "Computes the score of a run.",
            body: FinalScoreRequest.schema,
            result: .object(FinalScoreResponse.schema),
            refuses: true
        ),
    ]
}
