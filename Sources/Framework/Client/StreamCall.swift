import BenchmarkProtocol
import BenchmarkTransport

/// One stream of a service, from the client's side: opened by the first demand, read chunk by chunk.
///
/// Dropping it cuts the connection.
actor StreamCall {
    nonisolated let loop = EventLoopGroup.shared.next()
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    private let url: HTTPURL
    private let fields: HTTPFields
    private let configuration: WebSocketConfiguration
    private let request: StreamRequest
    private let http: HTTPClient
    private let errorsAreFatal: Bool
    private var state = State.new

    private enum State {
        case new
        case open(WebSocketConnection)
        case ended
    }

    init(
        _ url: HTTPURL,
        _ fields: HTTPFields,
        _ configuration: WebSocketConfiguration,
        _ request: StreamRequest,
        _ http: HTTPClient,
        errorsAreFatal: Bool
    ) {
        (self.url, self.fields, self.configuration) = (url, fields, configuration)
        (self.request, self.http, self.errorsAreFatal) = (request, http, errorsAreFatal)
    }

    deinit {
        if case .open(let socket) = state { socket.cut() }
    }

    /// The next chunk; nil after the service has closed with 1000.
    func next() async throws -> StreamChunk? {
        do {
            guard let socket = try await open() else { return nil }
            guard let message = try await socket.receive() else { return try await end(socket) }
            let chunk = try StreamChunk(message)
            if errorsAreFatal, case .error(let text) = chunk { throw ServiceCallError(.errorChunk, text) }
            return chunk
        } catch {
            if case .open(let socket) = state { await socket.release() }
            state = .ended
            switch error {
            case let error as WebSocketError: throw ServiceCallError(.streamBroken, "\(url): \(error)")
            case let error as ProtocolError: throw ServiceCallError(.invalidChunk, "\(url): \(error.message)")
            default: throw error
            }
        }
    }

    private func open() async throws -> WebSocketConnection? {
        switch state {
        case .open(let socket): return socket
        case .ended: return nil
        case .new:
            let socket = try await http.openWebSocket(url, fields: fields, webSocket: configuration)
            state = .open(socket)
            try await socket.send(utf8: try request.json.serialized())
            return socket
        }
    }

    private func end(_ socket: WebSocketConnection) async throws -> StreamChunk? {
        let end = await socket.end
        await socket.release()
        state = .ended
        if case .closed(let code, let reason)? = end, let code, code != .normal {
            throw ServiceCallError(.streamBroken, "\(url): closed with \(code.rawValue) \(reason)")
        }
        return nil
    }
}
