/// One connection of a server: an actor pinned to the loop that watches its socket.
///
/// It reads a request, has it answered, writes the response, and continues with the next; pipelined requests wait in
/// the input buffer meanwhile. All reading and writing is synchronous code on the buffers; the actor suspends only for
/// the peer and for the responder.
actor HTTPServerConnection {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    private let stream: BufferedStream
    private let server: HTTPServerLoop
    private let peer: SocketAddress
    private let configuration: HTTPServerConfiguration

    private let reader: HTTPRequestReader
    private let writer: HTTPResponseWriter
    private var webSocket: WebSocketConnection?
    private var phase = Phase.waiting
    private var tls: TLSConnectionInfo?
    /// The number of the request being answered; the bodies and writers of earlier ones are no longer valid.
    private var exchange = 0
    /// The number of reads of a request's body that are in progress.
    private var bodyReads = 0

    private enum Phase {
        /// For the handshake, or for the first byte of a request.
        case waiting
        case answering
        /// The response has been written; the rest of the request's body is read to keep the connection.
        case discarding
    }

    init(_ stream: BufferedStream, peer: SocketAddress, server: HTTPServerLoop) {
        self.loop = stream.loop
        self.stream = stream
        self.peer = peer
        self.server = server
        configuration = server.configuration
        reader = HTTPRequestReader(stream, configuration)
        writer = HTTPResponseWriter(stream, server)
        stream.keepsWritingAfterSlowRead = true
        stream.writeStallLimit = configuration.writeStallTimeout
    }

    // MARK: The life of the connection

    /// Serves requests until the connection ends.
    func run() async {
        stream.setReadDeadline(configuration.handshakeTimeout)
        if await stream.establish() {
            tls = (stream.stream as? TLSStream)?.info
            while await waitForInput(), await serveRequest() {}
        }
        if webSocket == nil { await closeGracefully() }
        stream.close()
    }

    /// Waits for the first byte of a request.
    ///
    /// Kept small: an idle connection is suspended here, and owns no buffer.
    private func waitForInput() async -> Bool {
        if server.isDraining { return false }
        if !stream.input.isEmpty { return true }
        phase = .waiting
        defer { phase = .answering }
        stream.setReadDeadline(configuration.keepAliveTimeout)
        return await stream.fillOrWait()
    }

    /// Ends the connection for a graceful stop: an idle one once the peer has its last response, one with a request in
    /// flight after its response, a WebSocket with 1012.
    func drain() async {
        switch phase {
        case .waiting where stream.input.isEmpty && stream.outstandingCount == 0: stream.close()
        case .waiting, .discarding: stream.expireReads()
        case .answering: break
        }
        guard let webSocket else { return }
        if configuration.webSocketDrain > .zero { try? await loop.sleep(for: configuration.webSocketDrain) }
        await webSocket.close(code: .serviceRestart)
    }

    /// Ends the connection now; a WebSocket is sent a Close if the peer can take it.
    func abort() async {
        await webSocket?.abort(code: .serviceRestart)
        stream.close()
    }

    /// How long, and how many bytes, the peer's input is read and dropped after the last response has been written.
    private static let (lingerTime, maxLingerBytes) = (Duration.seconds(2), 16 << 20)

    /// Closes so that the peer can read the last response: further input would make the system reset the connection and
    /// discard the response in flight (RFC 9112 §9.6).
    private func closeGracefully() async {
        await stream.drainCompletely()
        if stream.inputHasEnded || stream.failure != nil { return }
        stream.finishWriting()
        stream.setReadDeadline(Self.lingerTime)
        var discarded = 0
        while await stream.fillOrWait(), discarded < Self.maxLingerBytes {
            discarded += stream.input.count
            stream.input.consume(stream.input.count)
        }
    }

    // MARK: One request

    /// Reads and answers one request; returns false if the connection is to be closed.
    private func serveRequest() async -> Bool {
        switch await reader.readHead() {
        case .ended: return false
        case .malformed(let error):
            await refuse(error)
            return false
        case .request(let head):
            let start = loop.now
            let body = HTTPRequestBody(connection: reader.hasBody ? self : nil, exchange: exchange)
            let request = HTTPServerRequest(head: head, body: body, peer: peer, tls: tls)
            let answer = await server.responder.respond(to: request)
            let goesOn = await send(answer, to: head, since: start)
            if goesOn && !stream.input.isEmpty && stream.spend(BufferedStream.smallestCost) {
                await stream.waitForTurn()
            }
            return goesOn && !server.isDraining
        }
    }

    /// Answers a malformed request; the connection ends with it.
    private func refuse(_ error: HTTPProtocolError) async {
        await writer.write(.text(error.status, error.message), Array(error.message.utf8), closes: true)
        server.log(
            HTTPAccessRecord(
                method: "-",
                target: "-",
                status: error.status.code,
                peer: peer,
                fields: [],
                duration: .zero,
                requestID: nil
            )
        )
    }

    private func send(_ given: HTTPServerResponse, to head: HTTPRequestHead, since start: LoopInstant) async -> Bool {
        var answer = given
        if case .webSocket = given.body {
        } else if given.status.code == 205 {
            answer.body = .bytes([])  // RFC 9110 §15.3.6
        } else if given.status.isInformational {
            // RFC 9110 §15.2: not a final response; the next response would be taken for it.
            answer = .text(.internalServerError, "the service answered with an informational status")
            answer.closesConnection = true
        }
        reader.finalResponseBegins(wantsBody: Self.mayStillAskForBody(answer, to: head))
        var keepsAlive = HTTPKeepAlive.isKept(after: head) && !answer.closesConnection && !server.isDraining
        if !reader.mayGoOn { keepsAlive = false }
        var status = answer.status
        switch answer.body {
        case .bytes(let bytes):
            await writer.write(answer, bytes, omitsBody: head.method == .head, closes: !keepsAlive)
        case .stream(let length, let produce):
            keepsAlive = await sendStream(answer, length, produce, to: head, keepsAlive)
            stream.onReadable = nil
        case .webSocket(let handle):
            status = await upgrade(head, answer, handle)
            keepsAlive = false
        }
        server.log(
            HTTPAccessRecord(
                method: head.method.rawValue,
                target: head.target,
                status: status.code,
                peer: peer,
                fields: head.fields,
                duration: .nanoseconds(EventLoop.monotonicNow() - start),
                requestID: answer.fields["x-request-id"]
            )
        )
        exchange += 1
        if !keepsAlive || stream.failure != nil { return false }
        // A read that its responder has left behind would share the decoder with what follows.
        if bodyReads > 0 { return false }
        phase = .discarding
        defer { phase = .answering }
        return await reader.discardRestOfBody()
    }

    /// Whether a response may still ask for the request's body: only a streamed one can, and one that refuses does not.
    private static func mayStillAskForBody(_ answer: HTTPServerResponse, to head: HTTPRequestHead) -> Bool {
        guard case .stream = answer.body, head.method != .head, answer.status.allowsBody else { return false }
        return (200..<300).contains(answer.status.code)
    }

    private func sendStream(
        _ answer: HTTPServerResponse,
        _ length: Int?,
        _ produce: @Sendable (HTTPBodyWriter) async throws -> Void,
        to head: HTTPRequestHead,
        _ keepsAlive: Bool
    ) async -> Bool {
        let goesOn = writer.begin(answer, length: length, for: head, keepsAlive: keepsAlive)
        if head.method == .head || !answer.status.allowsBody { return goesOn }
        do {
            try await produce(HTTPBodyWriter(connection: self, exchange: exchange))
            if writer.end() { return goesOn }
        } catch {}
        if writer.endsWithConnection { stream.reset() }
        // Cut, so that the peer does not mistake a partial body for the complete one.
        stream.close()
        return false
    }

    // MARK: For the responder, on whatever thread it runs

    func nextBodyBytes(of exchange: Int) async throws -> [UInt8]? {
        guard exchange == self.exchange else { return nil }
        bodyReads += 1
        defer { bodyReads -= 1 }
        return try await reader.nextBodyBytes()
    }

    func requestTrailers(of exchange: Int) -> HTTPFields {
        exchange == self.exchange ? reader.trailers : HTTPFields()
    }

    func writeBody(_ bytes: [UInt8], of exchange: Int) async throws {
        guard exchange == self.exchange else { throw StreamFailure.closed }
        try await writer.write(bytes)
    }

    /// Returns an event that fires when the peer has gone or has finished sending.
    func departure(of exchange: Int) -> OneShotEvent {
        let event = OneShotEvent()
        let look = { [weak stream] in
            guard let stream, stream.failure == nil else { return event.fire() }
            // Pipelined requests are left for later; an end of input after too many of them is not seen.
            while stream.input.count < BufferedStream.highWaterBytes, let hasMore = stream.fill() {
                if !hasMore { return event.fire() }
            }
        }
        guard exchange == self.exchange else {
            event.fire()
            return event
        }
        stream.onReadable = look
        look()
        return event
    }

    func setTrailers(_ fields: HTTPFields, of exchange: Int) {
        if exchange == self.exchange { writer.setTrailers(fields) }
    }

    // MARK: Upgrade

    private func upgrade(
        _ head: HTTPRequestHead,
        _ answer: HTTPServerResponse,
        _ handle: @Sendable (WebSocketConnection) async -> Void
    ) async -> HTTPStatus {
        let fields: HTTPFields
        let deflate: WebSocketDeflate?
        let decision =
            reader.hasBody
            ? .rejected(.badRequest, "a WebSocket handshake has no body")
            : WebSocketHandshake.accept(head, compression: configuration.webSocket.compression)
        switch decision {
        case .accepted(let accepted, let agreed): (fields, deflate) = (accepted, agreed)
        case .rejected(let status, let message):
            var refusal = HTTPServerResponse.text(status, message)
            for field in answer.fields { refusal.fields.set(field.name, field.value) }
            refusal.fields.set(.secWebSocketVersion, "13")
            if status == .upgradeRequired { refusal.fields.set(.upgrade, "websocket") }  // RFC 9110 §15.5.22
            await writer.write(refusal, Array(message.utf8), omitsBody: head.method == .head, closes: true)
            return status
        }
        var switching = HTTPServerResponse(status: .switchingProtocols, fields: answer.fields)
        for field in fields { switching.fields.append(field.name, field.value) }
        writer.writeHead(switching, framing: .none, closes: false)
        let socket = WebSocketConnection(
            stream,
            role: .server,
            configuration: configuration.webSocket,
            deflate: deflate
        )
        webSocket = socket
        await socket.start()
        if server.isDraining { loop.startTask { await self.drain() } }
        await handle(socket)
        await socket.finish()
        return .switchingProtocols
    }
}
