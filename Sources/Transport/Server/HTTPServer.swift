import Glibc

/// An HTTP/1.1 and WebSocket server.
///
/// ```swift
/// let server = HTTPServer(responder: hello)
/// let address = try await server.start()
/// // …
/// await server.shutDown()
/// ```
///
/// Connections are distributed round-robin over the loops of a group; each stays on its loop until it ends.
public actor HTTPServer {
    private nonisolated let loop: EventLoop
    /// The loop whose thread accepts connections.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    private nonisolated let configuration: HTTPServerConfiguration
    private let loops: [HTTPServerLoop]
    private var listener: Listener?
    private var (hasStarted, hasStopped) = (false, false)
    private var openConnections = 0
    /// The number of open connections from each network; kept only while there is a limit.
    private var connectionsByNetwork: [[UInt8]: Int] = [:]
    private var turn = 0

    /// Creates a server that does not listen yet.
    ///
    /// - Parameters:
    ///   - configuration: limits and timeouts.
    ///   - group: the loops to serve on.
    ///   - accessLog: called on a loop's thread after each response; it must not block.
    ///   - responder: answers the requests.
    public init(
        configuration: HTTPServerConfiguration = HTTPServerConfiguration(),
        group: EventLoopGroup = .shared,
        accessLog: (@Sendable (HTTPAccessRecord) -> Void)? = nil,
        responder: any HTTPResponder
    ) {
        self.configuration = configuration
        loop = group.next()
        loops = group.all.map { HTTPServerLoop($0, configuration, responder, accessLog) }
    }

    /// Binds the address and starts to serve.
    ///
    /// A server starts once; to serve again after a stop, create another.
    ///
    /// - Returns: the address listened on, with the port the system chose if none was asked for.
    /// - Throws: ``AddressError`` for an unknown host, ``SystemError`` if the address cannot be bound or the server has
    ///   been started or stopped before, ``TLSError`` if the certificate cannot be used.
    @discardableResult
    public func start() async throws -> SocketAddress {
        if hasStarted { throw SystemError(errorNumber: EALREADY, operation: "start the server") }
        hasStarted = true
        do { return try await listen() } catch {
            hasStarted = false
            throw error
        }
    }

    private func listen() async throws -> SocketAddress {
        try await reloadCertificate()
        let address = try await ServiceExecutor.system.run { [configuration] in try configuration.address() }
        if hasStopped { throw SystemError(errorNumber: ECANCELED, operation: "start the server") }
        let listener = try Listener(
            on: address,
            backlog: configuration.maxPendingAccepts,
            loop: loop,
            // Keeps the server alive while it listens.
            mayAccept: { self.assumeIsolated { $0.openConnections < $0.configuration.maxConnections } },
            accepted: { descriptor, peer in self.assumeIsolated { $0.hand(over: descriptor, peer) } }
        )
        do { try listener.start() } catch {
            listener.close()
            throw error
        }
        self.listener = listener
        return listener.address
    }

    /// Reloads certificate and key; new connections use them, open ones are not affected.
    ///
    /// - Throws: ``TLSError``; the certificate in use then stays in place.
    public func reloadCertificate() async throws {
        guard let tls = configuration.tls else { return }
        let context = try await ServiceExecutor.system.run { try TLSContext(tls) }
        for server in loops { server.loop.execute { server.tls = context } }
    }

    /// Makes SIGHUP reload the certificate, if the server has one.
    package nonisolated func reloadCertificate(
        on signals: TerminationSignals,
        report: @escaping @Sendable (String) -> Void
    ) {
        guard configuration.tls != nil else { return }
        signals.onHangup {
            self.loop.startTask {
                do {
                    try await self.reloadCertificate()
                    report("the certificate has been reloaded")
                } catch {
                    report("the certificate was not reloaded: \(error)")
                }
            }
        }
    }

    private func hand(over descriptor: Int32, _ peer: SocketAddress) {
        guard admit(peer) else {
            Socket.reset(descriptor)
            return
        }
        openConnections += 1
        turn = (turn + 1) % loops.count
        let target = loops[turn]
        target.loop.execute {
            target.serve(descriptor, from: peer) {
                self.loop.execute { self.assumeIsolated { $0.connectionEnded(peer) } }
            }
        }
    }

    private func admit(_ peer: SocketAddress) -> Bool {
        // All peers of a Unix socket have the same address, or none.
        guard let limit = configuration.maxConnectionsPerAddress, !peer.isPath else { return true }
        let count = connectionsByNetwork[peer.network, default: 0]
        if count < limit { connectionsByNetwork[peer.network] = count + 1 }
        return count < limit
    }

    private func connectionEnded(_ peer: SocketAddress) {
        openConnections -= 1
        if let count = connectionsByNetwork[peer.network] {
            connectionsByNetwork[peer.network] = count > 1 ? count - 1 : nil
        }
        if openConnections == configuration.maxConnections - 1 { listener?.resume() }
    }

    /// Stops gracefully: accepts no new connections, closes idle ones, answers requests in flight, and after the drain
    /// period closes WebSockets with 1012 and awaits their handlers.
    ///
    /// Connections still open when the shutdown timeout has passed after the drain period are cut, WebSockets with
    /// 1012. Returns when no connection is left or, if a handler does not end even then, five seconds after the cut.
    /// Cancellation does not interrupt it.
    public func shutDown() async {
        await stop(cuttingAfter: configuration.webSocketDrain + configuration.shutdownTimeout)
    }

    /// Stops at once: every connection is cut, WebSockets with 1012.
    ///
    /// Returns when their handlers have ended, or after five seconds.
    public func stopNow() async { await stop(cuttingAfter: .zero) }

    /// How long the handlers of cut connections are awaited.
    private static let patienceAfterCut = Duration.seconds(5)

    private func stop(cuttingAfter limit: Duration) async {
        hasStopped = true
        listener?.close()
        listener = nil
        let ended = OneShotEvent()
        let cut = loop.schedule(after: limit) { [loops] in
            for server in loops { server.loop.execute { server.abort() } }
        }
        // A handler whose thread is blocked forever must not keep the process alive.
        let giveUp = loop.schedule(after: limit + Self.patienceAfterCut) { ended.fire() }
        loop.startTask { [loops] in
            let empty = loops.map { _ in OneShotEvent() }
            for (server, empty) in zip(loops, empty) { server.loop.execute { server.drain(empty) } }
            for event in empty { await event.wait() }
            ended.fire()
        }
        await ended.wait()
        cut.cancel()
        giveUp.cancel()
    }
}
