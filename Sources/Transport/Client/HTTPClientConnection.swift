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
    /// How many requests have been sent on it; whoever has the connection for an exchange can ask from any thread.
    nonisolated var exchange: Int { exchanges.load(ordering: .relaxed) }

    private enum State: Equatable {
        /// A request can be sent.
        case idle
        case awaitingHead
        /// `reusable` if the server will take another request.
        case readingBody(reusable: Bool)
        /// The response has been read to its end, and the connection closed.
        case over
        /// The response, if one was awaited, will not be whole.
        case dead
    }

    /// More than any server has to say before its response.
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
    /// The body must be read before the next.
    /// - Parameters:
    ///   - upgrades: whether the server may switch to another protocol.
    ///   - limit: the instant at which the connection fails if the response is not over.
    /// - Throws: ``UnansweredRequest`` if the connection ended before anything of the response came.
    func send(
        _ request: HTTPClientRequest,
        upgrades: Bool = false,
        until limit: LoopInstant? = nil
    ) async throws -> HTTPResponseHead {
        // A call to ``cancel(exchange:)`` that came before finds no exchange to end.
        try Task.checkCancellation()
        // What comes unasked on a connection that was idle answers nothing.
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
            // The server's tickets come before its first response.
            if exchange == 1 && route.origin.isSecure { tls.keepSession(of: stream, for: route.origin) }
            return head
        } catch {
            await abandon()
            guard let error = error as? HTTPClientError, error.code == .connectionLost, !reader.answerHasBegun,
                sender.failure == nil
            else { throw error }
            // With TLS more may have left than is counted.
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
            // RFC 9112 §9.5: who has refused the request does not want the rest of it.
            if sender?.isWithheld == true || !(200..<300).contains(head.status.code) { sender?.stop() }
            if !framing.hasBody { _ = try await nextBodyBytes(of: exchange) }
            return head
        }
    }

    /// The next bytes of the response's body; nil at its end, after which the connection may be used again.
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

    /// The fields after the body that was read.
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
        // While the request is on its way, its own limits hold.
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

    /// While idle, any byte that comes in ends the connection: nothing was asked for.
    private func becomeIdle() {
        state = .idle
        stream.setReadDeadline(nil)
        stream.onReadable = { [weak self] in self?.assumeIsolated { $0.endIdleConnection() } }
    }

    private func endIdleConnection() {
        // TLS has messages of its own, such as new session tickets, which bring no byte.
        if state != .idle || stream.fill() == nil { return }
        pool?.remove(self)
        close()
    }

    /// Ends the exchange: the rest of a short response is dropped, and the connection kept for the next request, or
    /// closed.
    func settle(in pool: ConnectionPool) async {
        readTimeout = .milliseconds(200)
        var (discarded, reads) = (0, 0)
        while case .readingBody(true) = state, discarded < configuration.maxDiscardedBodyBytes, reads < 16 {
            guard let bytes = try? await nextBodyBytes(of: exchange) else { break }
            (discarded, reads) = (discarded + bytes.count, reads + 1)
        }
        if state == .idle && stream.failure == nil { keep(in: pool) } else { await abandon() }
    }

    private func keep(in pool: ConnectionPool) {
        sender = nil
        self.pool = pool
        pool.put(self)
    }

    /// Gives back a connection that was taken and not used.
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

    /// Closes, and returns when the closure that writes the body has ended.
    func abandon() async {
        sender?.stop()
        close()
        await sender?.waitForProducer()
    }

    /// Ends an exchange, if it is still under way, from any thread.
    ///
    /// The number is looked at on the loop: by then the connection may serve another request, or be a WebSocket.
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

    /// Ends whatever is under way, from any thread.
    nonisolated func cancel() {
        loop.execute {
            self.assumeIsolated {
                $0.sender?.stop()
                $0.close()
            }
        }
    }

    /// Hands the stream over, after a 101.
    func takeStream() -> BufferedStream {
        setDeadline(nil)
        state = .over
        stream.setReadDeadline(nil)
        slot.release()
        return stream
    }
}
