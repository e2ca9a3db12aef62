/// An HTTP/1.1 and WebSocket client with a pool of connections per origin.
///
/// Connecting, sending and reading run on the event loop of a connection. Cancelling the calling task closes the connection at once;
/// the call then throws `CancellationError`.
public final class HTTPClient: Sendable {
    /// How this client behaves.
    public let configuration: HTTPClientConfiguration
    private let group: EventLoopGroup
    private let pool: ConnectionPool
    private let tls: ClientTLS

    /// A client without connections.
    public init(configuration: HTTPClientConfiguration = HTTPClientConfiguration(), group: EventLoopGroup = .shared) {
        self.configuration = configuration
        self.group = group
        pool = ConnectionPool(configuration)
        tls = ClientTLS(configuration.tls)
    }

    /// Closes the idle connections.
    ///
    /// Exchanges under way go on; their connections are closed after them.
    public func shutDown() { pool.shutDown() }

    /// Sends a request and reads the whole response.
    ///
    /// - Parameter maxBodyBytes: the most to hold of its body.
    /// - Throws: ``HTTPClientError``. Every status is a response, not an error.
    public func send(_ request: HTTPClientRequest, maxBodyBytes: Int = 64 << 20) async throws -> HTTPClientResult {
        try await withResponse(to: request) { response in
            // The reading of a whole body stays on the connection's loop.
            let body = try await withTaskExecutorPreference(response.connection.loop.taskExecutor) {
                try await response.collect(maxBytes: maxBodyBytes)
            }
            return HTTPClientResult(head: response.head, body: body, url: response.url)
        }
    }

    /// Sends a request and lends its response to a closure, which reads as much of the body as it wants.
    ///
    /// The closure runs where the caller does.
    /// - Throws: ``HTTPClientError``, or what the closure throws.
    public func withResponse<R: Sendable>(
        to request: HTTPClientRequest,
        _ use: @Sendable (HTTPClientResponse) async throws -> R
    ) async throws -> R {
        var request = request
        var redirects = 0
        while true {
            let (connection, head) = try await open(request)
            guard let location = redirect(head), redirects < configuration.maxRedirects else {
                if redirects > 0, redirect(head) != nil {
                    connection.cancel()
                    throw HTTPClientError(.badRedirect, "more than \(redirects) redirects, the last to \(request.url)")
                }
                return try await lend(connection, head, request.url, use)
            }
            redirects += 1
            await release(connection)
            request = try follow(location, head.status, request)
        }
    }

    /// Opens a WebSocket connection.
    ///
    /// Redirects of the handshake are followed as far as the configuration allows.
    ///
    /// The caller must end it with ``WebSocketConnection/close(code:reason:)`` or through ``withWebSocket(to:_:)``.
    /// - Throws: ``HTTPClientError``; with code `.upgradeRefused`, status and body, if the server does not switch.
    package func openWebSocket(
        _ url: HTTPURL,
        fields: HTTPFields = HTTPFields(),
        webSocket: WebSocketConfiguration = .init()
    ) async throws -> WebSocketConnection {
        let handshake = WebSocketHandshake.Request(compression: webSocket.compression)
        var request = HTTPClientRequest(.get, url, fields: fields)
        for field in handshake.fields { request.fields.set(field.name, field.value) }
        var redirects = 0
        while true {
            let (connection, head) = try await open(request)
            if head.status == .switchingProtocols {
                if let problem = handshake.problem(with: head) {
                    connection.cancel()
                    throw HTTPClientError(.protocolViolation, "\(request.url.authority): \(problem)")
                }
                let socket = WebSocketConnection(
                    await connection.takeStream(),
                    role: .client,
                    configuration: webSocket,
                    deflate: handshake.deflate(agreedBy: head)
                )
                await socket.start()
                return socket
            }
            if let location = redirect(head), redirects < configuration.maxRedirects {
                redirects += 1
                await release(connection)
                request = try follow(location, head.status, request)
                continue
            }
            let refusal = try? await lend(connection, head, request.url) { try await $0.collect(maxBytes: 65_536) }
            throw HTTPClientError(
                .upgradeRefused,
                "\(request.url) answered the WebSocket handshake with \(head.status.code)",
                status: head.status.code,
                body: refusal.map { String(decoding: $0, as: UTF8.self) }
            )
        }
    }

    // MARK: Exchanges

    /// Sends a request on an idle connection or a new one.
    private func open(_ request: HTTPClientRequest) async throws -> (HTTPClientConnection, HTTPResponseHead) {
        while true {
            let pooled = await takeIdle(request.url.origin)
            let connection: HTTPClientConnection
            if let pooled {
                connection = pooled
            } else {
                connection = try await HTTPClientConnection.connect(
                    to: request.url,
                    on: group.next(),
                    configuration,
                    tls
                )
            }
            do {
                let head = try await cancellable(connection) {
                    try await withTaskExecutorPreference(connection.loop.taskExecutor) {
                        try await connection.exchange(request)
                    }
                }
                return (connection, head)
            } catch let error as HTTPClientError {
                // The server may have closed a kept connection while the request was on its way (RFC 9110 §9.2.2).
                guard pooled != nil, error.code == .connectionLost, request.method.isIdempotent else { throw error }
                guard case .bytes = request.body else { throw error }
            }
        }
    }

    private func takeIdle(_ origin: HTTPURL.Origin) async -> HTTPClientConnection? {
        while let connection = pool.take(origin) {
            if await connection.isIdle { return connection }
        }
        return nil
    }

    /// Runs a step of an exchange; cancelling closes the connection.
    private func cancellable<R: Sendable>(
        _ connection: HTTPClientConnection,
        _ body: @Sendable () async throws -> R
    ) async throws -> R {
        do {
            return try await withTaskCancellationHandler(operation: body) { connection.cancel() }
        } catch {
            connection.cancel()
            if Task.isCancelled { throw CancellationError() }
            throw error
        }
    }

    private func lend<R: Sendable>(
        _ connection: HTTPClientConnection,
        _ head: HTTPResponseHead,
        _ url: HTTPURL,
        _ use: @Sendable (HTTPClientResponse) async throws -> R
    ) async throws -> R {
        let response = HTTPClientResponse(head: head, url: url, connection: connection)
        let result = try await cancellable(connection) { try await use(response) }
        await release(connection)
        return result
    }

    /// Keeps the connection if its response was read to the end, or is short enough to be; else closes it.
    private func release(_ connection: HTTPClientConnection) async {
        var discarded = 0
        while !(await connection.isIdle), discarded < 65_536 {
            guard let bytes = try? await connection.nextBodyBytes() else { break }
            discarded += bytes.count
        }
        if await connection.isIdle { pool.put(connection) } else { connection.cancel() }
    }

    // MARK: Redirects (RFC 9110 §15.4)

    private func redirect(_ head: HTTPResponseHead) -> String? {
        switch head.status.code {
        case 301, 302, 303, 307, 308: head.fields[.location]
        default: nil
        }
    }

    private func follow(
        _ location: String,
        _ status: HTTPStatus,
        _ request: HTTPClientRequest
    ) throws(HTTPClientError) -> HTTPClientRequest {
        var next = request
        next.url = try request.url.resolve(location)
        let becomesGet = status.code == 303 || (status.code <= 302 && request.method == .post)
        if becomesGet && request.method != .head {
            next.method = .get
            next.body = .bytes([])
            next.fields.remove(.contentType)
        }
        if next.url.origin != request.url.origin {
            for name in [.authorization, .cookie, .proxyAuthorization] + configuration.credentialFields {
                next.fields.remove(name)
            }
        }
        return next
    }
}
