/// An HTTP/1.1 and WebSocket client with a pool of connections per origin.
///
/// Connecting, sending and reading run on the connection's event loop. Cancelling the calling task closes the
/// connection at once; the call then throws `CancellationError`.
public final class HTTPClient: Sendable {
    /// The configuration of this client.
    public let configuration: HTTPClientConfiguration
    private let group: EventLoopGroup
    private let connector: Connector
    private let pool: ConnectionPool

    /// Creates a client without any connections.
    public init(configuration: HTTPClientConfiguration = HTTPClientConfiguration(), group: EventLoopGroup = .shared) {
        self.configuration = configuration
        self.group = group
        pool = ConnectionPool(configuration, on: group.next())
        connector = Connector(configuration: configuration, tls: ClientTLS(configuration.tls))
    }

    /// The number of open connections, how many of them are idle, and how many requests are waiting for one.
    package var connectionCounts: (open: Int, idle: Int, waiting: Int) { pool.counts }

    /// Closes the idle connections.
    ///
    /// Exchanges under way continue; their connections are closed afterwards.
    public func shutDown() { pool.shutDown() }

    /// Sends a request and reads the whole response.
    ///
    /// - Parameters:
    ///   - request: the request to send.
    ///   - maxBodyBytes: the maximum size of the response's body.
    /// - Throws: ``HTTPClientError``, or what the closure of a streamed request body throws. Every status is a response,
    ///   not an error.
    public func send(_ request: HTTPClientRequest, maxBodyBytes: Int = 64 << 20) async throws -> HTTPClientResult {
        try await withResponse(to: request) { response in
            // Reading a whole body stays on the connection's loop.
            let body = try await withTaskExecutorPreference(response.connection.loop.taskExecutor) {
                try await response.collect(maxBytes: maxBodyBytes)
            }
            return HTTPClientResult(
                head: response.head,
                body: body,
                trailers: await response.trailers(),
                url: response.url
            )
        }
    }

    /// Sends a request and passes its response to a closure, which reads as much of the body as it wants.
    ///
    /// The closure runs where the caller does.
    /// - Throws: ``HTTPClientError``, or what `use` or the closure of a streamed request body throws.
    public func withResponse<R: Sendable>(
        to request: HTTPClientRequest,
        _ use: @Sendable (HTTPClientResponse) async throws -> R
    ) async throws -> R {
        try request.checkLength()
        var request = request
        var redirects = 0
        let deadline = deadline(of: request)
        while true {
            let (connection, head) = try await open(request, until: deadline)
            guard let next = try await redirect(&redirects, connection, head, request) else {
                return try await lend(connection, head, request.url, use)
            }
            request = next
        }
    }

    /// Opens a WebSocket connection.
    ///
    /// Redirects of the handshake are followed as far as the configuration allows.
    ///
    /// The caller must end it with ``WebSocketConnection/release()``.
    /// - Throws: ``HTTPClientError``; with code `.upgradeRefused`, status and body, if the server does not switch
    ///   protocols.
    package func openWebSocket(
        _ url: HTTPURL,
        fields: HTTPFields = HTTPFields(),
        webSocket: WebSocketConfiguration = .init()
    ) async throws -> WebSocketConnection {
        let handshake = WebSocketHandshake.Request(compression: webSocket.compression)
        var request = HTTPClientRequest(.get, url, fields: fields)
        for field in handshake.fields { request.fields.set(field.name, field.value) }
        var redirects = 0
        let deadline = deadline(of: request)
        while true {
            let (connection, head) = try await open(request, upgrades: true, until: deadline)
            if head.status == .switchingProtocols {
                if let problem = handshake.problem(with: head) {
                    connection.cancel()
                    throw HTTPClientError(.protocolViolation, "\(request.url.place): \(problem)")
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
            if let next = try await redirect(&redirects, connection, head, request) {
                request = next
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
    ///
    /// It is sent again when a reused connection ended without a byte of the response (RFC 9110 §9.2.2): if none of it
    /// had been sent, or if it is idempotent, in which case a new connection is used.
    private func open(
        _ request: HTTPClientRequest,
        upgrades: Bool = false,
        until deadline: LoopInstant?
    ) async throws -> (HTTPClientConnection, HTTPResponseHead) {
        var request = request
        var mayReuse = true
        while true {
            let route = try configuration.proxy.route(to: request.url, isWebSocket: upgrades)
            let (connection, isReused) = try await connect(to: request.url, by: route, mayReuse, until: deadline)
            do {
                let head = try await cancellable(connection, connection.exchange + 1) { [request] in
                    try await withTaskExecutorPreference(connection.loop.taskExecutor) {
                        try await connection.send(request, upgrades: upgrades, until: deadline)
                    }
                }
                guard head.status.code == 417, request.expectsContinue, request.canReplayBody else {
                    return (connection, head)
                }
                // RFC 9110 §10.1.1: sent again without the expectation
                request.expectsContinue = false
                await connection.settle(in: pool)
            } catch let unanswered as UnansweredRequest {
                if !unanswered.mayRetry(request, wasReused: isReused) { throw unanswered.reason }
                mayReuse = !unanswered.wasSent
            }
        }
    }

    private func connect(
        to url: HTTPURL,
        by route: HTTPClientRoute,
        _ mayReuse: Bool,
        until deadline: LoopInstant?
    ) async throws -> (HTTPClientConnection, isReused: Bool) {
        let grant = try await pool.acquire(route, mayReuse: mayReuse, within: try connectLimit(url, deadline))
        switch grant {
        case .idle(let connection): return (connection, true)
        case .slot(let slot):
            do {
                let limit = try connectLimit(url, deadline)
                let stream = try await connector.connect(to: url, by: route, on: group.next(), within: limit)
                return (
                    HTTPClientConnection(stream, to: url, by: route, configuration, connector.tls, slot: slot), false
                )
            } catch {
                slot.release()
                throw error
            }
        }
    }

    private func deadline(of request: HTTPClientRequest) -> LoopInstant? {
        guard let limit = request.timeout ?? configuration.requestTimeout else { return nil }
        return EventLoop.monotonicNow() &+ limit.nanoseconds
    }

    private func connectLimit(_ url: HTTPURL, _ deadline: LoopInstant?) throws(HTTPClientError) -> Duration {
        guard let deadline else { return configuration.connectTimeout }
        let remaining = deadline - EventLoop.monotonicNow()
        if remaining <= 0 {
            throw HTTPClientError(.timedOut, "\(url.place): the request took longer than its limit")
        }
        return min(configuration.connectTimeout, .nanoseconds(remaining))
    }

    /// Runs a step of an exchange; cancelling closes the connection, unless it is serving another exchange by then.
    private func cancellable<R: Sendable>(
        _ connection: HTTPClientConnection,
        _ exchange: Int,
        _ body: @Sendable () async throws -> R
    ) async throws -> R {
        do {
            return try await withTaskCancellationHandler(operation: body) { connection.cancel(exchange: exchange) }
        } catch {
            await connection.abandon()
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
        let number = connection.exchange
        let response = HTTPClientResponse(head: head, url: url, connection: connection, exchange: number)
        let result = try await cancellable(connection, number) { try await use(response) }
        await connection.settle(in: pool)
        return result
    }

    /// Returns the request that a redirect asks for, having freed the connection; `nil` if there is none to follow.
    private func redirect(
        _ redirects: inout Int,
        _ connection: HTTPClientConnection,
        _ head: HTTPResponseHead,
        _ request: HTTPClientRequest
    ) async throws -> HTTPClientRequest? {
        if configuration.maxRedirects == 0 { return nil }
        do {
            guard let next = try HTTPRedirect.next(after: head, to: request, configuration) else { return nil }
            if redirects >= configuration.maxRedirects {
                throw HTTPClientError(.badRedirect, "more than \(redirects) redirects, the last by \(request.url)")
            }
            redirects += 1
            await connection.settle(in: pool)
            return next
        } catch {
            await connection.abandon()
            throw error
        }
    }
}
