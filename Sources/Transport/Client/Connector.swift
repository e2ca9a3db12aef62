/// Makes connections: names to addresses, addresses to sockets, through a proxy and into TLS where that is needed.
struct Connector: Sendable {
    let configuration: HTTPClientConfiguration
    let tls: ClientTLS

    /// Connects to the host of a URL by a route.
    ///
    /// Cancelling closes whatever is on its way.
    /// - Parameter limit: for all of it.
    /// - Throws: ``HTTPClientError``; `CancellationError`.
    func connect(
        to url: HTTPURL,
        by route: HTTPClientRoute,
        on loop: EventLoop,
        within limit: Duration
    ) async throws -> BufferedStream {
        let timeout = HTTPClientError(.timedOut, "connecting to \(url.place) took too long")
        return try await loop.withDeadline(limit, timeout: timeout) {
            let socket = try await openSocket(url, route, on: loop)
            var stream = BufferedStream(socket, on: loop)
            if case .tunnel(let proxy) = route.via {
                stream = try await closingUnlessDone(stream) { stream in
                    try await ProxyTunnel.open(stream, to: url.authorityWithPort, by: proxy)
                }
            }
            return url.isSecure ? try await secure(socket, url) : stream
        }
    }

    private func openSocket(
        _ url: HTTPURL,
        _ route: HTTPClientRoute,
        on loop: EventLoop
    ) async throws -> DescriptorStream {
        let addresses: [SocketAddress]
        switch route.via {
        case .direct:
            if let path = url.socketPath {
                addresses = SocketAddress(path: path).map { [$0] } ?? []
            } else {
                addresses = try await resolve(url.host, url.port)
            }
        case .forwarding(let proxy), .tunnel(let proxy): addresses = try await resolve(proxy.host, proxy.port)
        }
        do {
            return try await ConnectionRace.connect(
                to: HappyEyeballs.interleaved(addresses),
                on: loop,
                delay: configuration.connectionAttemptDelay
            )
        } catch let error as SystemError {
            throw HTTPClientError(.cannotConnect, error.description)
        }
    }

    /// The addresses of a host; a resolver that hangs is left behind when the calling task is cancelled.
    private func resolve(_ host: String, _ port: UInt16) async throws -> [SocketAddress] {
        if let literal = SocketAddress(literal: host, port: port) { return [literal] }
        let answer = Locked<Result<[SocketAddress], AddressError>?>(nil)
        let done = OneShotEvent()
        let task = ServiceExecutor.names.startTask {
            // Nobody waits for it any more: others have their turn.
            if Task.isCancelled { return }
            let result = Result { () throws(AddressError) in try SocketAddress.resolve(host, port: port) }
            answer.withLock { $0 = result }
            done.fire()
        }
        do { try await done.waitUnlessCancelled() } catch {
            task.cancel()
            throw error
        }
        switch answer.withLock({ $0 }) {
        case .success(let addresses)?: return addresses
        case .failure(let error)?: throw HTTPClientError(.cannotConnect, error.description)
        case nil: throw CancellationError()
        }
    }

    /// Runs a step on a stream, which is closed if the step fails or is cancelled.
    private func closingUnlessDone(
        _ stream: BufferedStream,
        _ step: @Sendable (BufferedStream) async throws -> Void
    ) async throws -> BufferedStream {
        let loop = stream.loop
        do {
            try await withTaskCancellationHandler {
                try await step(stream)
            } onCancel: {
                loop.execute { stream.close() }
            }
            try Task.checkCancellation()
            return stream
        } catch {
            loop.execute { stream.close() }
            try Task.checkCancellation()
            throw error
        }
    }

    private func secure(_ socket: DescriptorStream, _ url: HTTPURL) async throws -> BufferedStream {
        do { return try await tls.secure(socket, for: url) } catch {
            try Task.checkCancellation()
            throw HTTPClientError(.cannotConnect, "no secure connection to \(url.authority): \(error)")
        }
    }
}

extension HTTPURL {
    /// Host and port, with the port always there, as a tunnel is asked for.
    var authorityWithPort: String { host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// Whom a connection leads to, for messages.
    var place: String { socketPath ?? authority }
}
