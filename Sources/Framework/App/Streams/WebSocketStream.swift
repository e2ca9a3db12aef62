import BenchmarkProtocol
import BenchmarkSandbox
import BenchmarkTransport

/// One stream of the service contract over a WebSocket, from the handshake to its end.
///
/// The sequence is fixed: authentication, the sandbox headers, the first message, the sandbox, the stream, Close 1000.
/// A refusal closes with 1008; any other failure is one error chunk.
///
/// Newer callers send the sandbox's credentials in the first message. So if the headers are missing, that message is
/// awaited for a short time, and the stream is closed with 1008 only if it has no credentials either.
struct WebSocketStream<Service: BenchmarkService, Chunks: ChunkSequence>: Sendable {
    let request: HTTPServerRequest
    let socket: WebSocketConnection
    let producer: ChunkProducer<Service, Chunks>

    private var core: ServiceCore<Service> { producer.core }
    private var route: String { request.head.path }

    func serve() async {
        core.metrics?.streamBegins(route)
        let outcome = await converse()
        await socket.close()
        core.metrics?.streamEnds(route, outcome)
    }

    /// Runs the stream up to the Close at its end.
    private func converse() async -> ServiceMetrics.Outcome {
        var about = core.about(request)
        do {
            try await authorize()
            let credentials = SandboxCredentials.headers(request.head.fields)
            if let credentials { try core.sandboxURLs.check(credentials) }
            guard let message = try await firstMessage(hasCredentials: credentials != nil) else { return .left }
            await socket.ignoreMessages()
            let (request, all) = try await read(message, credentials)
            about += request.about
            try await producer.run(request, all, route, into: WebSocketSink(socket: socket))
            return .done
        } catch let refusal as SandboxRefusal {
            await socket.close(code: .policyViolation, reason: refusal.reason)
            return .refused
        } catch {
            return await producer.end(with: error, route, about: about, into: WebSocketSink(socket: socket))
        }
    }

    private func authorize() async throws {
        let isAllowed: Bool
        do {
            isAllowed = try await core.call(.checkAuth) { [service = core.service, request] in
                try await service.checkAuth(request.head.fields)
            }
        } catch {
            core.metrics?.authentication(.failed)
            throw error
        }
        core.metrics?.authentication(isAllowed ? .done : .refused)
        if !isAllowed { throw SandboxRefusal(reason: "Unauthorized") }
    }

    /// Returns the first message; `nil` if the peer closes.
    ///
    /// - Parameter hasCredentials: whether the headers are present; otherwise the message must arrive soon.
    private func firstMessage(hasCredentials: Bool) async throws -> WebSocketMessage? {
        if hasCredentials { return try await receive() }
        let missing = SandboxRefusal(reason: SandboxCredentials.missing)
        let message = try await socket.loop.withDeadline(core.credentialsTimeout, timeout: missing) {
            try await receive()
        }
        guard let message else { throw missing }
        return message
    }

    private func receive() async throws -> WebSocketMessage? {
        do { return try await socket.receive() } catch let error as WebSocketError { throw StreamLost(cause: error) }
    }

    private func read(
        _ message: WebSocketMessage,
        _ headers: DaytonaCredentials?
    ) async throws -> (StreamRequest, DaytonaCredentials) {
        try await core.call.offLoop(message.bytes.count) {
            let request: StreamRequest
            do { request = try StreamRequest(message, readsProvider: headers == nil) } catch {
                // Without any credentials it does not matter what else is wrong.
                guard headers != nil || SandboxCredentials.areNamed(in: message) else {
                    throw SandboxRefusal(reason: SandboxCredentials.missing)
                }
                throw error
            }
            return (request, try headers ?? SandboxCredentials.body(request, core.sandboxURLs))
        }
    }
}
