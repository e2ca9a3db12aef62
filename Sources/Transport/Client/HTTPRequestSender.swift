/// Sends one request: its head at once, its body while the response is being read.
///
/// Confined to the connection's loop.
final class HTTPRequestSender: @unchecked Sendable {
    private enum State {
        /// The body is waiting for a 100.
        case withheld(HTTPClientRequest.Body)
        /// The body is being sent.
        case underWay
        /// Everything has been handed to the stream.
        case complete
        /// Nothing more is sent.
        case stopped
    }
    private enum Writing { case none, chunked, fixed(remaining: Int) }

    private let stream: BufferedStream
    private let place: String
    private unowned let connection: HTTPClientConnection
    private var state = State.underWay
    private var writing = Writing.none
    private var trailers = HTTPFields()
    private var continueTimer: LoopTimer?
    private var producer: Task<Void, Never>?

    /// The error that the body's closure threw on its own account.
    private(set) var failure: (any Error)?
    /// Whether the body's closure has been called.
    private(set) var producerHasBegun = false
    /// Called once the whole request has been handed to the stream, or can no longer be.
    var whenComplete: (() -> Void)?

    init(_ stream: BufferedStream, for connection: HTTPClientConnection, at place: String) {
        (self.stream, self.connection, self.place) = (stream, connection, place)
    }

    /// Whether the whole request has been handed to the stream.
    var isComplete: Bool { if case .complete = state { true } else { false } }

    /// Whether part of the request is still to be sent.
    var isUnderWay: Bool {
        switch state {
        case .withheld, .underWay: true
        case .complete, .stopped: false
        }
    }

    /// Whether the body is waiting for a 100.
    var isWithheld: Bool { if case .withheld = state { true } else { false } }

    // MARK: Head

    func begin(_ request: HTTPClientRequest, by route: HTTPClientRoute, continueTimeout: Duration) {
        let framing = request.framing
        var (target, fields) = (request.url.target, request.fields)
        switch route.via {
        case .direct: break
        case .forwarding(let proxy):
            target = request.url.prefix + target
            if let authorization = proxy.authorization { fields.set(.proxyAuthorization, authorization) }
        case .tunnel: fields.remove(.proxyAuthorization)
        }
        let expectsContinue = request.expectsContinue && framing.hasBody
        if expectsContinue { fields.set(.expect, "100-continue") }
        stream.write { output in
            HTTPEncoder.appendRequestHead(
                method: request.method,
                target: target,
                host: request.url.authority,
                fields: fields,
                framing: framing,
                to: &output
            )
        }
        if !expectsContinue { return send(request.body) }
        state = .withheld(request.body)
        continueTimer = stream.loop.schedule(after: continueTimeout) { [weak self] in self?.sendWithheldBody() }
    }

    // MARK: Body

    /// Sends the body if it is waiting for a 100.
    func sendWithheldBody() {
        continueTimer?.cancel()
        guard case .withheld(let body) = state else { return }
        state = .underWay
        send(body)
    }

    private func send(_ body: HTTPClientRequest.Body) {
        switch body {
        case .bytes(let bytes):
            if !bytes.isEmpty { stream.write { $0.append(contentsOf: bytes) } }
            if !stream.isAboveHighWater { return complete() }
            producer = stream.loop.startTask {
                await self.stream.drain()
                self.complete()
            }
        case .stream(let length, let produce):
            writing = length.map { .fixed(remaining: $0) } ?? .chunked
            producerHasBegun = true
            producer = stream.loop.startTask { [connection] in
                do {
                    try await produce(HTTPRequestWriter(connection: connection, sender: self))
                    try self.finishBody()
                    if self.stream.isAboveHighWater { await self.stream.drain() }
                    self.complete()
                } catch { self.producerFailed(error) }
            }
        }
    }

    nonisolated(nonsending) func write(_ bytes: [UInt8]) async throws {
        try check()
        if bytes.isEmpty { return }
        switch writing {
        case .none: throw HTTPClientError(.connectionLost, "\(place): the request is over")
        case .chunked: stream.write { HTTPEncoder.appendChunk(bytes, to: &$0) }
        case .fixed(let remaining):
            guard bytes.count <= remaining else {
                throw HTTPClientError(.protocolViolation, "the request body is longer than announced")
            }
            writing = .fixed(remaining: remaining - bytes.count)
            stream.write { $0.append(contentsOf: bytes) }
        }
        if stream.isAboveHighWater { await stream.drain() }
        try check()
    }

    func setTrailers(_ fields: HTTPFields) { trailers = fields }

    private func check() throws {
        if case .stopped = state {
            throw HTTPClientError(.answeredEarly, "\(place) wants no more of the request")
        }
        guard let failure = stream.failure ?? stream.writeFailure else { return }
        throw HTTPClientError(.connectionLost, "\(place): \(failure)")
    }

    private func finishBody() throws {
        switch writing {
        case .none: break
        case .chunked: stream.write { HTTPEncoder.appendLastChunk(trailers: trailers, to: &$0) }
        case .fixed(let remaining):
            if remaining > 0 {
                throw HTTPClientError(.protocolViolation, "the request body is \(remaining) bytes short")
            }
        }
    }

    private func complete() {
        writing = .none
        guard case .underWay = state else { return }
        // A request that could not be written completely may still have been answered.
        state = stream.writeFailure == nil && stream.failure == nil ? .complete : .stopped
        whenComplete?()
    }

    private func producerFailed(_ error: any Error) {
        writing = .none
        guard case .underWay = state else { return }
        state = .stopped
        if stream.writeFailure != nil || stream.failure != nil {
            whenComplete?()
        } else {
            // A request that is cut short must not look complete.
            failure = error
            stream.close()
        }
    }

    // MARK: Ending

    /// Stops sending; the closure's next write throws.
    func stop() {
        continueTimer?.cancel()
        guard isUnderWay else { return }
        state = .stopped
        stream.stopWriting()
        producer?.cancel()
    }

    /// Returns once the body's closure has returned.
    nonisolated(nonsending) func waitForProducer() async { await producer?.value }
}
