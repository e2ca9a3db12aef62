import BenchmarkProtocol
import BenchmarkSandbox
import BenchmarkTransport

/// One stream as a response with a line for each chunk.
///
/// For the documentation page, because a browser's WebSocket cannot send the headers.
///
/// It takes the same headers and body as a WebSocket stream, and runs the same code. A failure before the stream starts
/// is an error response; a failure in it is one error chunk. If the stream breaks off, the connection is cut, so that
/// the response does not look complete.
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
        let (request, credentials) = try await core.call.offLoop(bytes.count) { try read(bytes, headers) }
        return HTTPServerResponse(
            status: .ok,
            fields: [(.contentType, "application/x-ndjson")],
            body: .stream(length: nil) { writer in
                core.metrics?.streamBegins(route)
                try await send(request, credentials, LineSink(writer: writer))
            }
        )
    }

    private func read(
        _ bytes: [UInt8],
        _ headers: DaytonaCredentials?
    ) throws -> (StreamRequest, DaytonaCredentials) {
        let body = try RequestBody(bytes, contentType: request.head.fields[.contentType])
        do {
            if let headers { try core.sandboxURLs.check(headers) }
            let request = try StreamRequest(json: body.value, readsProvider: headers == nil)
            return (request, try headers ?? SandboxCredentials.body(request, core.sandboxURLs))
        } catch let refusal as SandboxRefusal {
            throw HTTPError(400, refusal.reason)
        }
    }

    /// - Throws: the reason why the stream broke off.
    private func send(_ request: StreamRequest, _ credentials: DaytonaCredentials, _ sink: LineSink) async throws {
        do {
            try await producer.run(request, credentials, route, into: sink)
            core.metrics?.streamEnds(route, .done)
        } catch {
            let about = core.about(self.request) + request.about
            let outcome = await producer.end(with: error, route, about: about, into: sink)
            core.metrics?.streamEnds(route, outcome)
            if outcome == .left { throw error }
        }
    }
}
