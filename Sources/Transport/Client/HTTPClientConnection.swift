import Synchronization

/// One connection of a client: an actor pinned to a loop, used for one exchange at a time.
actor HTTPClientConnection {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
    nonisolated let route: HTTPClientRoute

    private nonisolated let stream: BufferedStream
    private nonisolated let slot: ConnectionSlot
    private let place: String
    private let configuration: HTTPClientConfiguration
    private let tls: ClientTLS
    private weak var pool: ConnectionPool?

    private let reader: HTTPResponseReader
    private var state = State.idle
    private var sender: HTTPRequestSender?
    private var trailers = HTTPFields()
    private var headTimeout: Duration?
    private var readTimeout: Duration?
    private var deadline: LoopTimer?
    private var deadlineHasPassed = false
    private nonisolated let exchanges = Atomic<Int>(0)
    /// The number of requests sent on this connection; whoever holds it for an exchange can read this from any thread.
    nonisolated var exchange: Int { exchanges.load(ordering: .relaxed) }

    private enum State: Equatable {
        /// A request can be sent.
        case idle
        case awaitingHead
        /// `reusable` if the server will accept another request.
        case readingBody(reusable: Bool)
        /// The response has been read to its end and the connection closed, or the stream has been handed over.
        case over
        /// The connection is closed; a response that was awaited remains incomplete.
        case dead
    }

    /// The maximum number of informational responses before the final one.
    private static let maxInformational = 32

    init(
        _ stream: BufferedStream,
        to url: HTTPURL,
        by route: HTTPClientRoute,
        _ configuration: HTTPClientConfiguration,
        _ tls: ClientTLS,
        slot: ConnectionSlot
    ) {
        (self.stream, self.route, self.slot, loop) = (stream, route, slot, stream.loop)
        (self.configuration, self.tls, place) = (configuration, tls, url.place)
        reader = HTTPResponseReader(stream, limits: configuration.limits)
        stream.writeStallLimit = configuration.writeTimeout
        stream.keepsReadingAfterFailedWrite = true
    }

    // MARK: An exchange

    /// Sends a request and returns the head of its response.
    ///
    /// The response's body must be read to its end before the next request.
    /// - Parameters:
    ///   - upgrades: whether the server may switch to another protocol.
    ///   - limit: the instant at which the connection fails unless the response has ended.
    /// - Throws: ``UnansweredRequest`` if the connection ended before any byte of the response arrived.
    func send(
        _ request: HTTPClientRequest,
        upgrades: Bool = false,
        until limit: LoopInstant? = nil
    ) async throws -> HTTPResponseHead {
        // A call to ``cancel(exchange:)`` before this point found no exchange to end.
        try Task.checkCancellation()
        // Bytes that arrived on the connection while it was idle do not belong to any response.
        guard state == .idle, stream.failure == nil, exchange == 0 || stream.fill() == nil else {
            throw UnansweredRequest(reason: lost(), wasSent: false)
        }
        exchanges.store(exchange + 1, ordering: .relaxed)
        (state, trailers) = (.awaitingHead, HTTPFields())
        stream.onReadable = nil
        readTimeout = request.readTimeout ?? configuration.readTimeout
        headTimeout = request.readTimeout ?? configuration.headTimeout ?? configuration.readTimeout
        reader.expectResponse(to: request.method)
        setDeadline(limit)
        let written = stream.writtenCount
        let sender = HTTPRequestSender(stream, for: self, at: place)
        self.sender = sender
        sender.whenComplete = { [weak self] in self?.assumeIsolated { $0.requestIsComplete() } }
        do {
            sender.begin(request, by: route, continueTimeout: configuration.continueTimeout)
            let head = try await readHead(upgrades: upgrades)
            // The server's session tickets arrive before its first response.
            if exchange == 1 && route.origin.isSecure { tls.keepSession(of: stream, for: route.origin) }
            return head
        } catch {
            await abandon()
            guard let error = error as? HTTPClientError, error.code == .connectionLost, !reader.answerHasBegun,
                sender.failure == nil
            else { throw error }
            // With TLS, more may have been sent than is counted.
            let wasSent = stream.writtenCount != written || route.origin.isSecure
            throw UnansweredRequest(reason: error, wasSent: wasSent, producerHasBegun: sender.producerHasBegun)
        }
    }

    func write(_ bytes: [UInt8], by sender: HTTPRequestSender) async throws { try await sender.write(bytes) }

    func setTrailers(_ fields: HTTPFields, by sender: HTTPRequestSender) { sender.setTrailers(fields) }

    private func requestIsComplete() {
        if reader.isReading { stream.setReadDeadline(state == .awaitingHead ? headTimeout : readTimeout) }
    }

    private func readHead(upgrades: Bool) async throws -> HTTPResponseHead {
        var informational = 0
        while true {
            let (head, framing): (HTTPResponseHead, HTTPBodyFraming)
            switch await next(within: headTimeout) {
            case .head(let its, let body): (head, framing) = (its, body)
            case .violation(let message): throw violation(message)
            case .lost: throw lost()
            case .body, .end: throw violation("data before the head of the response")
            }
            if head.status == .switchingProtocols {
                if !upgrades { throw violation("it switches protocols without having been asked to") }
                return head
            }
            if head.status.isInformational {
                informational += 1
                if informational > Self.maxInformational { throw violation("it never sends a final response") }
                if head.status == .continue { sender?.sendWithheldBody() }
                continue
            }
            state = .readingBody(reusable: HTTPKeepAlive.isKept(after: head) && framing != .untilClose)
            // RFC 9112 §9.5: a server that has refused the request does not want the rest of it.
            if sender?.isWithheld == true || !(200..<300).contains(head.status.code) { sender?.stop() }
            if !framing.hasBody { _ = try await nextBodyBytes(of: exchange) }
            return head
        }
    }

    /// Returns the next bytes of the response's body, or `nil` at its end; the connection may then be used again.
    func nextBodyBytes(of number: Int) async throws -> [UInt8]? {
        guard number == exchange else { throw HTTPClientError(.connectionLost, "\(place): the response is over") }
        switch state {
        case .idle, .over: return nil
        case .awaitingHead, .dead: throw lost()
        case .readingBody(let reusable):
            switch await next(within: readTimeout) {
            case .body(let count): return stream.input.take(count)
            case .end(let trailers):
                self.trailers = trailers
                endResponse(reusable)
                return nil
            case .violation(let message): throw violation(message)
            case .lost: throw lost()
            case .head: throw violation("a head within the response body")
            }
        }
    }

    /// Returns the trailer fields of an exchange, if the body has been read and no other exchange has started.
    func trailers(of number: Int) -> HTTPFields { number == exchange ? trailers : HTTPFields() }

    private func endResponse(_ reusable: Bool) {
        setDeadline(nil)
        let isWhole = sender?.isComplete != false && stream.writeFailure == nil
        sender?.stop()
        if reusable && isWhole && stream.input.isEmpty && stream.failure == nil && !stream.inputHasEnded {
            becomeIdle()
        } else {
            state = .over
            close()
        }
    }

    private func next(within limit: Duration?) async -> HTTPResponseReader.Outcome {
        // While the request is still being sent, its own limits apply instead.
        await reader.next(within: sender?.isUnderWay == true ? nil : limit)
    }

    // MARK: Errors

    private func violation(_ message: String) -> HTTPClientError {
        close()
        return HTTPClientError(.protocolViolation, "\(place) broke the protocol: \(message)")
    }

    private func lost() -> any Error {
        let failure = stream.failure ?? stream.writeFailure ?? .endOfStream
        close()
        if let reason = sender?.failure { return reason }
        if deadlineHasPassed { return HTTPClientError(.timedOut, "\(place): the request took longer than its limit") }
        let code: HTTPClientError.Code = if case .timedOut = failure { .timedOut } else { .connectionLost }
        return HTTPClientError(code, "\(place): \(failure)")
    }

    // MARK: Between exchanges

    /// Makes the connection idle; any byte that arrives from now on ends it, since nothing was requested.
    private func becomeIdle() {
        state = .idle
        stream.setReadDeadline(nil)
        stream.onReadable = { [weak self] in self?.assumeIsolated { $0.endIdleConnection() } }
    }

    private func endIdleConnection() {
        // TLS messages such as new session tickets make the socket readable without yielding any bytes.
        if state != .idle || stream.fill() == nil { return }
        pool?.remove(self)
        close()
    }

    /// Ends the exchange: drops the rest of a short response and keeps the connection for the next request, or closes
    /// it.
    ///
    /// Cancelling the calling task closes it at once.
    /// - Parameter limit: how long to wait for the rest of the response, all reads together.
    func settle(in pool: ConnectionPool, within limit: Duration = .milliseconds(200)) async {
        let number = exchange
        await withTaskCancellationHandler {
            await discardRest(within: limit)
        } onCancel: {
            cancel(exchange: number)
        }
        if state == .idle && stream.failure == nil { keep(in: pool) } else { await abandon() }
    }

    private func discardRest(within limit: Duration) async {
        // A connection whose request was not sent to its end cannot be used again.
        guard case .readingBody(true) = state, sender?.isComplete == true else { return }
        setDeadline(min(deadline?.deadline ?? .max, loop.now &+ limit.nanoseconds))
        readTimeout = nil
        var discarded = 0
        while case .readingBody = state, discarded < configuration.maxDiscardedBodyBytes,
            let bytes = try? await nextBodyBytes(of: exchange)
        { discarded += bytes.count }
    }

    private func keep(in pool: ConnectionPool) {
        sender = nil
        self.pool = pool
        pool.put(self)
    }

    /// Returns an unused connection to the pool.
    nonisolated func offer(to pool: ConnectionPool) {
        loop.execute {
            self.assumeIsolated { if $0.state == .idle && $0.stream.failure == nil { $0.keep(in: pool) } }
        }
    }

    // MARK: Ending

    private func setDeadline(_ instant: LoopInstant?) {
        deadline?.cancel()
        deadline = instant.map { instant in
            loop.schedule(at: instant) { [weak self] in
                self?.assumeIsolated {
                    $0.deadlineHasPassed = true
                    $0.stream.fail(.timedOut)
                }
            }
        }
    }

    private func close() {
        if state != .over { state = .dead }
        deadline?.cancel()
        slot.release()
        stream.close()
    }

    /// Closes the connection, and returns once the closure that writes the request's body has ended.
    func abandon() async {
        sender?.stop()
        close()
        await sender?.waitForProducer()
    }

    /// Ends an exchange if it is still under way; callable from any thread.
    ///
    /// The number is checked on the loop: by then the connection may be serving another request, or be a WebSocket.
    nonisolated func cancel(exchange number: Int) {
        loop.execute {
            self.assumeIsolated { connection in
                if connection.exchange != number { return }
                switch connection.state {
                case .awaitingHead, .readingBody:
                    connection.sender?.stop()
                    connection.close()
                case .idle, .over, .dead: break
                }
            }
        }
    }

    /// Closes the connection, whatever is under way; callable from any thread.
    nonisolated func cancel() {
        loop.execute {
            self.assumeIsolated {
                $0.sender?.stop()
                $0.close()
            }
        }
    }

    /// Hands over the stream after a 101 response.
    func takeStream() -> BufferedStream {
        setDeadline(nil)
        state = .over
        stream.setReadDeadline(nil)
        slot.release()
        return stream
    }
}
