internal import CLinux
import Glibc

/// One connection of a client: an actor pinned to a loop, used for one exchange at a time.
actor HTTPClientConnection {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
    nonisolated let url: HTTPURL

    private nonisolated let stream: BufferedStream
    private let configuration: HTTPClientConfiguration
    private let tls: ClientTLS
    private var keepsSession: Bool
    private var decoder: HTTPDecoder
    private var state = State.idle
    private var writing = Writing.none
    private var readTimeout: Duration?

    private enum State: Equatable {
        case idle
        /// A request is on its way or has been answered in part; `reusable` if the connection may serve another.
        case busy(reusable: Bool)
        case dead
    }
    private enum Writing { case none, chunked, fixed(remaining: Int) }

    private init(_ stream: BufferedStream, to url: HTTPURL, _ configuration: HTTPClientConfiguration, _ tls: ClientTLS)
    {
        (self.stream, self.url, self.configuration, loop) = (stream, url, configuration, stream.loop)
        self.tls = tls
        keepsSession = url.isSecure
        decoder = HTTPDecoder(role: .client, limits: configuration.limits)
        stream.writeStallLimit = configuration.writeTimeout
    }

    // MARK: Connecting

    /// Connects to the host of a URL, trying its addresses in turn.
    static func connect(
        to url: HTTPURL,
        on loop: EventLoop,
        _ configuration: HTTPClientConfiguration,
        _ tls: ClientTLS
    ) async throws -> HTTPClientConnection {
        let timeout = HTTPClientError(.timedOut, "connecting to \(url.authority) took too long")
        return try await loop.withDeadline(configuration.connectTimeout, timeout: timeout) {
            let addresses: [SocketAddress]
            if let literal = SocketAddress(literal: url.host, port: url.port) {
                addresses = [literal]
            } else {
                addresses = try await resolve(url)
            }
            var failure: (any Error)?
            for address in addresses {
                do { return try await connect(to: url, at: address, on: loop, configuration, tls) } catch {
                    failure = error
                    try Task.checkCancellation()
                }
            }
            throw HTTPClientError(.cannotConnect, failure.map { "\($0)" } ?? "no address for \(url.host)")
        }
    }

    private static func resolve(_ url: HTTPURL) async throws -> [SocketAddress] {
        do {
            return try await ServiceExecutor.system.run { try SocketAddress.resolve(url.host, port: url.port) }
        } catch let error as AddressError {
            throw HTTPClientError(.cannotConnect, error.description)
        }
    }

    private static func connect(
        to url: HTTPURL,
        at address: SocketAddress,
        on loop: EventLoop,
        _ configuration: HTTPClientConfiguration,
        _ tls: ClientTLS
    ) async throws -> HTTPClientConnection {
        let descriptor = try Socket.startConnecting(to: address)
        let waiter = ConnectWaiter()
        let socket = DescriptorStream(descriptor, on: loop, isSocket: true)
        socket.owner = waiter
        try await withTaskCancellationHandler {
            try await register(socket, on: loop)
            await waiter.ready.wait()
        } onCancel: {
            waiter.ready.fire()
        }
        let failure = Task.isCancelled ? nil : Socket.connectFailure(descriptor, to: address)
        if Task.isCancelled || failure != nil {
            loop.execute { socket.close() }
            throw failure ?? SystemError(errorNumber: ECANCELED, operation: "connect \(address)")
        }
        Socket.disableDelay(descriptor)
        return try await adopt(socket, to: url, configuration, tls)
    }

    private static func register(_ socket: DescriptorStream, on loop: EventLoop) async throws {
        let registered = OneShotEvent()
        let failure = Locked<SystemError?>(nil)
        loop.execute {
            do { try socket.register() } catch let error as SystemError { failure.withLock { $0 = error } } catch {}
            registered.fire()
        }
        await registered.wait()
        if let error = failure.withLock({ $0 }) { throw error }
    }

    private static func adopt(
        _ socket: DescriptorStream,
        to url: HTTPURL,
        _ configuration: HTTPClientConfiguration,
        _ tls: ClientTLS
    ) async throws -> HTTPClientConnection {
        let stream: BufferedStream
        if url.isSecure {
            do { stream = try await tls.secure(socket, for: url) } catch {
                try Task.checkCancellation()
                throw HTTPClientError(.cannotConnect, "no secure connection to \(url.authority): \(error)")
            }
        } else {
            stream = BufferedStream(socket, on: socket.loop)
        }
        let connection = HTTPClientConnection(stream, to: url, configuration, tls)
        await connection.becomeIdle()
        return connection
    }

    /// While idle, any byte that comes in ends the connection: nothing was asked for.
    private func becomeIdle() {
        state = .idle
        stream.setReadDeadline(nil)
        stream.onReadable = { [weak self] in self?.assumeIsolated { $0.endIdleConnection() } }
    }

    private func endIdleConnection() {
        // TLS has messages of its own, such as new session tickets, which bring no byte.
        if state != .idle || stream.fill() == nil { return }
        state = .dead
        stream.close()
    }

    // MARK: An exchange

    /// Sends a request and returns the head of its response.
    ///
    /// The body must be read before the next.
    func exchange(_ request: HTTPClientRequest, closes: Bool = false) async throws -> HTTPResponseHead {
        guard state == .idle, stream.failure == nil else { throw lost() }
        state = .busy(reusable: false)
        stream.onReadable = nil
        readTimeout = request.readTimeout ?? configuration.readTimeout
        decoder.expectResponse(to: request.method)
        try await send(request)
        let head = try await readHead()
        if keepsSession {
            // The server's tickets come before its first response.
            keepsSession = false
            tls.keepSession(of: stream, for: url.origin)
        }
        return head
    }

    private func send(_ request: HTTPClientRequest) async throws {
        let framing: HTTPEncoder.Framing
        switch request.body {
        case .bytes(let bytes): framing = bytes.isEmpty && !request.method.usuallyHasBody ? .none : .fixed(bytes.count)
        case .stream(let length?, _): framing = .fixed(length)
        case .stream(nil, _): framing = .chunked
        }
        stream.write { output in
            HTTPEncoder.appendRequestHead(
                method: request.method,
                target: request.url.target,
                host: request.url.authority,
                fields: request.fields,
                framing: framing,
                to: &output
            )
            if case .bytes(let bytes) = request.body { output.append(contentsOf: bytes) }
        }
        if case .stream(let length, let produce) = request.body {
            writing = length.map { .fixed(remaining: $0) } ?? .chunked
            defer { writing = .none }
            try await produce(HTTPRequestWriter(connection: self))
            if case .chunked = writing {
                stream.write { HTTPEncoder.appendLastChunk(trailers: HTTPFields(), to: &$0) }
            } else if case .fixed(let remaining) = writing, remaining > 0 {
                throw HTTPClientError(.protocolViolation, "the request body is \(remaining) bytes short")
            }
        }
        if stream.isAboveHighWater { await stream.drain() }
    }

    func writeBody(_ bytes: [UInt8]) async throws {
        if bytes.isEmpty { return }
        switch writing {
        case .none: throw lost()
        case .chunked: stream.write { HTTPEncoder.appendChunk(bytes, to: &$0) }
        case .fixed(let remaining):
            guard bytes.count <= remaining else {
                throw HTTPClientError(.protocolViolation, "the request body is longer than announced")
            }
            writing = .fixed(remaining: remaining - bytes.count)
            stream.write { $0.append(contentsOf: bytes) }
        }
        if stream.isAboveHighWater { await stream.drain() }
        if stream.failure != nil { throw lost() }
    }

    private func readHead() async throws -> HTTPResponseHead {
        while true {
            switch try await nextEvent() {
            case .response(let head, let framing):
                if head.status.isInformational && head.status != .switchingProtocols { continue }
                state = .busy(reusable: HTTPKeepAlive.isKept(after: head) && framing != .untilClose)
                if !framing.hasBody && head.status != .switchingProtocols { _ = try await nextBodyBytes() }
                return head
            default: throw violation("data before the head of the response")
            }
        }
    }

    /// The next bytes of the response's body; nil at its end, after which the connection may be used again.
    func nextBodyBytes() async throws -> [UInt8]? {
        guard case .busy(let reusable) = state else { return nil }
        switch try await nextEvent() {
        case .body(let count): return stream.input.take(count)
        case .end:
            if reusable && stream.input.isEmpty && stream.failure == nil && !stream.inputHasEnded {
                becomeIdle()
            } else {
                close()
            }
            return nil
        default: throw violation("a head within the body of the response")
        }
    }

    private func nextEvent() async throws -> HTTPEvent {
        stream.setReadDeadline(readTimeout)
        defer { stream.setReadDeadline(nil) }
        while true {
            if let event = decoder.next(&stream.input) {
                if case .failed(let error) = event { throw violation(error.message) }
                return event
            }
            if isAtEnd {
                // A body may end with the connection; everything else has been cut short.
                if case .end(let trailers)? = decoder.receiveEnd() { return .end(trailers) }
                throw lost()
            }
            _ = await stream.fillOrWait()
        }
    }

    private var isAtEnd: Bool { stream.inputHasEnded || stream.failure != nil }

    private func violation(_ message: String) -> HTTPClientError {
        close()
        return HTTPClientError(.protocolViolation, "\(url.authority) broke the protocol: \(message)")
    }

    private func lost() -> HTTPClientError {
        let failure = stream.failure ?? .endOfStream
        close()
        let code: HTTPClientError.Code = if case .timedOut = failure { .timedOut } else { .connectionLost }
        return HTTPClientError(code, "\(url.authority): \(failure)")
    }

    // MARK: Ending

    /// Whether another request can be sent.
    var isIdle: Bool { state == .idle && stream.failure == nil }

    func close() {
        state = .dead
        stream.close()
    }

    /// Ends whatever is under way, from any thread.
    nonisolated func cancel() {
        let stream = stream
        loop.execute { stream.close() }
    }

    /// Hands the stream over, after a 101.
    func takeStream() -> BufferedStream {
        state = .dead
        stream.setReadDeadline(nil)
        return stream
    }
}

/// Fires once a connecting socket has become ready, for better or worse.
private final class ConnectWaiter: ReadinessHandler, Sendable {
    let ready = OneShotEvent()
    func signal(_ readiness: Readiness) {
        if !readiness.isDisjoint(with: [.writable, .hangup]) { ready.fire() }
    }
}
