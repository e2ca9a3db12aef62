import BenchmarkProtocol
import BenchmarkTransport

/// The five HTTP routes of the service contract.
///
/// What a method of the service returns may be long, so it is serialized where the method has run.
struct HTTPEndpoints<Service: BenchmarkService>: Sendable {
    let core: ServiceCore<Service>

    var routes: [Route] {
        [
            Route(method: .get, path: "/health") { _ in Self.health },
            Route(method: .get, path: "/verify-task-ids") { try await verifyTaskIDs($0) },
            Route(method: .get, path: "/retrieve-task/") { try await retrieveTask($0) },
            Route(method: .post, path: "/evaluate-response/") { try await evaluateResponse($0) },
            Route(method: .post, path: "/final-score/") { try await finalScore($0) },
        ]
    }

    private static var health: HTTPServerResponse { .json(.ok, Array(#"{"status":"ok"}"#.utf8)) }

    private func verifyTaskIDs(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        var filter = TaskFilter(query: QueryParameters(request.head.queryItems))
        let dataset = try core.datasets.dataset(filter.dataset)
        var seen = Set<ScalarString>()
        filter.taskIDs = filter.taskIDs.filter { seen.insert(ScalarString($0)).inserted }
        let selected = try dataset.filter(filter)
        // A guess at the length of the ids.
        return try await core.call.offLoop(selected.count * 16) {
            try .json(VerifyTaskIDsResponse(taskIDs: selected).json)
        }
    }

    private func retrieveTask(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let parameters = try RetrieveTaskRequest(query: QueryParameters(request.head.queryItems))
        let dataset = try core.datasets.dataset(parameters.dataset)
        return try await core.call(.retrieveTask) { [service = core.service] in
            let task = try await service.retrieveTask(
                parameters.taskID,
                in: dataset,
                skipValidation: parameters.skipValidation
            )
            return try .json(task.json)
        }
    }

    private func evaluateResponse(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let (bytes, type) = try await read(request)
        return try await core.call.offLoop(bytes.count) {
            let body = try EvaluateResponseRequest(body: try RequestBody(bytes, contentType: type))
            let dataset = try core.datasets.dataset(body.dataset)
            return try await core.call(.evaluateResponse) { [service = core.service] in
                try .json(try await service.evaluateResponse(body, in: dataset))
            }
        }
    }

    private func finalScore(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let (bytes, type) = try await read(request)
        return try await core.call.offLoop(bytes.count) {
            let body = try FinalScoreRequest(body: try RequestBody(bytes, contentType: type))
            let dataset = try core.datasets.dataset(body.dataset)
            let ids = try dataset.validate(body.evaluationResults.map(\.key))
            return try await core.call(.calculateFinalScore) { [service = core.service] in
                let score = try await service.calculateFinalScore(body.evaluationResults, in: dataset)
                return try .json(
                    FinalScoreResponse(tasksEvaluated: ids, finalScore: score.score, metadata: score.metadata).json
                )
            }
        }
    }

    /// Reads the body, and returns it with its content type.
    private func read(_ request: HTTPServerRequest) async throws -> ([UInt8], String?) {
        let bytes = try await request.body.collect(maxBytes: .max)  // the decoder's limit applies
        return (bytes, request.head.fields[.contentType])
    }
}
