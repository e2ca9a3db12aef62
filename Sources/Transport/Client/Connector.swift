/// Makes connections: resolves names, connects sockets, and sets up a proxy tunnel and TLS where needed.
struct Connector: Sendable {
    let configuration: HTTPClientConfiguration
    let tls: ClientTLS

    /// Connects to the host of a URL along a route.
    ///
    /// Cancelling closes whatever has been opened so far.
    /// - Parameter limit: the time limit for all steps together.
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

    /// Resolves a host; when the calling task is cancelled, a lookup that hangs is abandoned.
    private func resolve(_ host: String, _ port: UInt16) async throws -> [SocketAddress] {
        if let literal = SocketAddress(literal: host, port: port) { return [literal] }
        let answer = Locked<Result<[SocketAddress], AddressError>?>(nil)
        let done = OneShotEvent()
        let task = ServiceExecutor.names.startTask {
            // Nobody is waiting for the result any more: leaves the thread to other lookups.
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
    /// The host and port, always with the port, as in a CONNECT request.
    var authorityWithPort: String { host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// The peer of a connection, for error messages.
    var place: String { socketPath ?? authority }
}
