import BenchmarkProtocol
import BenchmarkTransport

/// Reads the chunks of a stream one by one, on the consumer's executor.
///
/// The connection is asked only when none of the chunks received so far is left.
final class ChunkCursor: Sendable {
    private let call: StreamCall
    private let errorsAreFatal: Bool
    private let pending = Locked<ArraySlice<WebSocketMessage>>([])

    init(_ call: StreamCall, errorsAreFatal: Bool) { (self.call, self.errorsAreFatal) = (call, errorsAreFatal) }

    /// Returns the next chunk; `nil` after the service has closed normally.
    func next() async throws -> StreamChunk? {
        while true {
            if let message = pending.withLock({ $0.popFirst() }) { return try await read(message) }
            guard let messages = try await call.nextBatch() else { return nil }
            pending.withLock { $0 = messages[...] }
        }
    }

    private func read(_ message: WebSocketMessage) async throws -> StreamChunk {
        do {
            let chunk = try StreamChunk(message)
            if errorsAreFatal, case .error(let text) = chunk { throw ServiceCallError(.errorChunk, text) }
            return chunk
        } catch {
            pending.withLock { $0 = [] }
            await call.close()
            if let error = error as? ProtocolError { throw ServiceCallError(.invalidChunk, error.message) }
            throw error
        }
    }
}

/// The client's side of one stream of a service, opened by the first demand.
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
        _ http: HTTPClient
    ) {
        (self.url, self.fields, self.configuration) = (url, fields, configuration)
        (self.request, self.http) = (request, http)
    }

    deinit {
        if case .open(let socket) = state { socket.cut() }
    }

    /// Returns all messages received so far, at least one; `nil` after the service has closed normally.
    func nextBatch() async throws -> [WebSocketMessage]? {
        do {
            guard let socket = try await open() else { return nil }
            if let messages = try await socket.receiveBatch() { return messages }
            return try await end(socket)
        } catch {
            await close()
            if let error = error as? WebSocketError { throw ServiceCallError(.streamBroken, "\(url): \(error)") }
            throw error
        }
    }

    /// Closes the connection if it is open, and ends the stream.
    func close() async {
        if case .open(let socket) = state { await socket.release() }
        state = .ended
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

    /// Ends the stream after the service's Close, which is normal with code 1000 or without one.
    private func end(_ socket: WebSocketConnection) async throws -> [WebSocketMessage]? {
        let end = await socket.end
        await socket.release()
        state = .ended
        if case .closed(let code, let reason)? = end, let code, code != .normal {
            throw ServiceCallError(.streamBroken, "\(url): closed with \(code.rawValue) \(reason)")
        }
        return nil
    }
}
