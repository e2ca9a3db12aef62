import BenchmarkProtocol
import BenchmarkTransport

extension FaultInjector {
    /// Answers a request with `body`, unless a fault answers it or spoils the response.
    ///
    /// - Parameter failure: makes the response to an error, as the request's API does.
    nonisolated(nonsending) func answering(
        _ request: APIRequest,
        failure: (APIError) -> HTTPServerResponse,
        _ body: nonisolated(nonsending) () async -> HTTPServerResponse
    ) async -> HTTPServerResponse {
        if record.plan.faults.isEmpty { return await body() }
        func strike(_ kind: Fault.Kind) -> Fault? { self.strike(kind, method: request.method, route: request.route) }
        if let fault = strike(.delayAnswer) {
            try? await EventLoopGroup.shared.next().sleep(for: .milliseconds(fault.value))
        }
        // Streams have their own faults.
        if request.fields["upgrade"] == "websocket" { return await body() }
        if strike(.reset) != nil { return Self.cut }
        if let fault = strike(.status) {
            var answer = failure(APIError(fault.value, "a fault"))
            if fault.value == 429 { answer.fields.set("retry-after-authenticated", "1") }
            return answer
        }
        var answer = await body()
        if strike(.resetAfter) != nil { return Self.cut }
        if answer.status.code >= 400, strike(.emptyErrors) != nil { answer.body = .bytes([]) }
        return answer
    }

    /// No response: the connection is closed before its first byte.
    private static let cut = HTTPServerResponse(status: .ok, body: .stream(length: nil) { _ in throw StreamCut() })

    private struct StreamCut: Error {}

    /// Answers a request to `/faults`: GET shows the plan and the strikes, PUT replaces the plan, DELETE removes it.
    func reply(to request: APIRequest) async throws -> HTTPServerResponse {
        switch request.method {
        case "GET": break
        case "PUT":
            do { replace(by: try FaultPlan(try await request.json() ?? .null)) } catch let error as FaultTextError {
                throw APIError(400, error.description)
            }
        case "DELETE": replace(by: FaultPlan())
        default: throw APIError(405, "/faults is for GET, PUT and DELETE")
        }
        let record = record
        var faults: [JSONValue] = []
        for (fault, strikes) in zip(record.plan.faults, record.strikes) {
            var object = fault.json.objectValue ?? JSONObject()
            object["strikes"] = .int(strikes)
            faults.append(.object(object))
        }
        return .json(200, ["seed": .int(Int(Int64(bitPattern: record.plan.seed))), "faults": .array(faults)])
    }
}
