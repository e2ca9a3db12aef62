import BenchmarkProtocol
import BenchmarkSandbox
import BenchmarkTransport

/// One stream as a response with a line for each chunk.
///
/// For the documentation page, because a browser's WebSocket cannot send the headers.
///
/// It takes the same headers and body as a WebSocket stream, and runs the same code. A failure before the stream starts
/// is an error response; a failure in it is one error chunk.
struct HTTPStream<Service: BenchmarkService, Chunks: ChunkSequence>: Sendable {
    let request: HTTPServerRequest
    let producer: ChunkProducer<Service, Chunks>

    private var core: ServiceCore<Service> { producer.core }
    private var route: String { request.head.path }
    private static var maxBodyBytes: Int { 1 << 20 }

    /// - Throws: the reason why the request is refused.
    func response() async throws -> HTTPServerResponse {
        let headers = SandboxCredentials.headers(request.head.fields)
        let bytes = try await request.body.collect(maxBytes: Self.maxBodyBytes)
        let body = try RequestBody(bytes, contentType: request.head.fields[.contentType])
        let (request, credentials): (StreamRequest, DaytonaCredentials)
        do {
            if let headers { try core.sandboxURLs.check(headers) }
            request = try StreamRequest(json: body.value, readsProvider: headers == nil)
            credentials = try headers ?? SandboxCredentials.body(request, core.sandboxURLs)
        } catch let refusal as SandboxRefusal {
            throw HTTPError(400, refusal.reason)
        }
        return HTTPServerResponse(
            status: .ok,
            fields: [(.contentType, "application/x-ndjson")],
            body: .stream(length: nil) { writer in
                core.metrics?.streamBegins(route)
                let outcome = try await send(request, credentials, LineSink(writer: writer))
                core.metrics?.streamEnds(route, outcome)
            }
        )
    }

    private func send(
        _ request: StreamRequest,
        _ credentials: DaytonaCredentials,
        _ sink: LineSink
    ) async throws -> ServiceMetrics.Outcome {
        do {
            try await producer.run(request, credentials, route, into: sink)
            return .done
        } catch {
            let about = core.about(self.request) + request.about
            return await producer.end(with: error, route, about: about, into: sink)
        }
    }
}
