/// One connection of a server: an actor pinned to the loop that its socket is watched by.
///
/// It reads a request, has it answered, writes the response, and comes to the next; pipelined requests wait in the
/// input buffer meanwhile. All reading and writing is synchronous code on the buffers; the actor suspends only for the
/// peer and for the responder.
actor HTTPServerConnection {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    private let stream: BufferedStream
    private let server: HTTPServerLoop
    private let peer: SocketAddress
    private let configuration: HTTPServerConfiguration

    private var decoder: HTTPDecoder
    private var body = BodyState.none
    private var response = ResponseState.none
    private var webSocket: WebSocketConnection?
    private var isWaitingForRequest = true

    /// How far the body of the present request has been read.
    private enum BodyState {
        case none
        /// Bytes are to come; `continueIsDue` if the sender waits to be told so (RFC 9110 §10.1.1).
        case open(continueIsDue: Bool)
        case ended
        case failed(HTTPBodyError)
    }

    /// What the writer of a streamed response may still write.
    private enum ResponseState {
        case none
        case discarding
        case chunked
        case fixed(remaining: Int)
    }

    init(_ stream: BufferedStream, peer: SocketAddress, server: HTTPServerLoop) {
        self.loop = stream.loop
        self.stream = stream
        self.peer = peer
        self.server = server
        configuration = server.configuration
        decoder = HTTPDecoder(role: .server, limits: configuration.limits)
        stream.writeStallLimit = configuration.writeStallTimeout
    }

    // MARK: The life of the connection

    /// Serves requests until the connection ends.
    func run() async {
        stream.setReadDeadline(configuration.handshakeTimeout)
        if await stream.establish() {
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
        isWaitingForRequest = true
        defer { isWaitingForRequest = false }
        stream.setReadDeadline(configuration.keepAliveTimeout)
        return await stream.fillOrWait()
    }

    /// Ends the connection in the order of a graceful stop: an idle one at once, one with a request after its response,
    /// a WebSocket with 1012.
    func drain() async {
        if isWaitingForRequest { stream.close() }
        guard let webSocket else { return }
        if configuration.webSocketDrain > .zero { try? await loop.sleep(for: configuration.webSocketDrain) }
        await webSocket.close(code: .serviceRestart)
    }

    /// Ends the connection now.
    func abort() { stream.close() }

    /// Closes so that the peer can read the last response: bytes that still come in would make the system reset the
    /// connection and destroy the response on its way (RFC 9112 §9.6).
    private func closeGracefully() async {
        await stream.drainCompletely()
        if stream.inputHasEnded || stream.failure != nil { return }
        stream.finishWriting()
        stream.setReadDeadline(.seconds(2))
        var discarded = 0
        while await stream.fillOrWait(), discarded < 16 << 20 {
            discarded += stream.input.count
            stream.input.consume(stream.input.count)
        }
    }

    // MARK: One request

    /// Reads and answers one request; false when the connection is to be closed.
    private func serveRequest() async -> Bool {
        guard let head = await readHead() else { return false }
        let start = loop.now
        let request = HTTPServerRequest(head: head, body: HTTPRequestBody(connection: hasBody ? self : nil), peer: peer)
        let answer = await server.responder.respond(to: request)
        let goesOn = await send(answer, to: head, since: start)
        return goesOn && !server.isDraining
    }

    private var hasBody: Bool { if case .open = body { true } else { false } }

    private func readHead() async -> HTTPRequestHead? {
        stream.setReadDeadline(configuration.headerTimeout)
        while true {
            switch decoder.next(&stream.input) {
            case .request(let head, let framing):
                stream.setReadDeadline(nil)
                if head.version == .http11 && !head.fields.contains(.host) {
                    refuse(.bad("a request of HTTP/1.1 without host"))  // RFC 9112 §3.2
                    return nil
                }
                let expectsContinue = head.version == .http11 && head.fields.hasToken("100-continue", in: .expect)
                body = framing.hasBody ? .open(continueIsDue: expectsContinue) : .ended
                if !framing.hasBody { _ = decoder.next(&stream.input) }  // its end follows at once
                return head
            case .failed(let error):
                refuse(error)
                return nil
            case nil:
                if await stream.fillOrWait() { continue }
                if case .timedOut? = stream.failure { return nil }
                return nil
            default:
                return nil
            }
        }
    }

    /// Answers what is not HTTP; the connection ends with it, as nobody knows where a next request would begin.
    private func refuse(_ error: HTTPProtocolError) {
        let text = Array(error.message.utf8)
        writeHead(
            HTTPServerResponse(status: error.status, fields: HTTPFields([(.contentType, "text/plain; charset=utf-8")])),
            framing: .fixed(text.count),
            closes: true
        )
        stream.write { $0.append(contentsOf: text) }
        server.log(
            HTTPAccessRecord(method: "-", target: "-", status: error.status.code, peer: peer, duration: .zero)
        )
    }

    private func send(_ answer: HTTPServerResponse, to head: HTTPRequestHead, since start: LoopInstant) async -> Bool {
        var keepsAlive = HTTPKeepAlive.isKept(after: head) && !answer.closesConnection && !server.isDraining
        if case .open(continueIsDue: true) = body { keepsAlive = false }  // it was never asked for, and may still come
        if case .failed = body { keepsAlive = false }
        var status = answer.status
        switch answer.body {
        case .bytes(let bytes):
            let omitsBody = head.method == .head || !status.allowsBody
            writeHead(answer, framing: status.allowsBody ? .fixed(bytes.count) : .none, closes: !keepsAlive)
            if !omitsBody { stream.write { $0.append(contentsOf: bytes) } }
            if stream.isAboveHighWater { await stream.drain() }
        case .stream(let length, let produce):
            keepsAlive = await sendStream(answer, length, produce, to: head, keepsAlive)
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
                duration: .nanoseconds(EventLoop.monotonicNow() - start)
            )
        )
        if !keepsAlive || stream.failure != nil { return false }
        return await discardRestOfBody()
    }

    private func writeHead(_ response: HTTPServerResponse, framing: HTTPEncoder.Framing, closes: Bool) {
        stream.write { output in
            HTTPEncoder.appendResponseHead(
                status: response.status,
                fields: response.fields,
                framing: framing,
                closes: closes,
                commonFields: server.commonFields(),
                to: &output
            )
        }
    }

    private func discardRestOfBody() async -> Bool {
        var discarded = 0
        do {
            while let bytes = try await nextBodyBytes() {
                discarded += bytes.count
                if discarded > configuration.maxDiscardedBodyBytes { return false }
            }
            return true
        } catch {
            return false
        }
    }

    // MARK: The request's body

    func nextBodyBytes() async throws -> [UInt8]? {
        switch body {
        case .none, .ended: return nil
        case .failed(let error): throw error
        case .open(let continueIsDue):
            if continueIsDue {
                body = .open(continueIsDue: false)
                if stream.input.isEmpty {
                    stream.write { $0.append("HTTP/1.1 100 Continue\r\n\r\n") }
                    stream.flush()
                }
            }
        }
        stream.setReadDeadline(configuration.bodyIdleTimeout)
        defer { stream.setReadDeadline(nil) }
        while true {
            switch decoder.next(&stream.input) {
            case .body(let count): return stream.input.take(count)
            case .end:
                body = .ended
                return nil
            case .failed(let error): throw failBody(error.status.code, error.message)
            case nil:
                if await stream.fillOrWait() { continue }
                if case .timedOut? = stream.failure { throw failBody(408, "the request body stalled") }
                throw failBody(400, "the connection ended within the request body")
            default: throw failBody(400, "unexpected data in the request body")
            }
        }
    }

    private func failBody(_ status: Int, _ message: String) -> HTTPBodyError {
        let error = HTTPBodyError(status: status, description: message)
        body = .failed(error)
        return error
    }

    // MARK: Streamed responses

    private func sendStream(
        _ answer: HTTPServerResponse,
        _ length: Int?,
        _ produce: @Sendable (HTTPBodyWriter) async throws -> Void,
        to head: HTTPRequestHead,
        _ keepsAlive: Bool
    ) async -> Bool {
        // A peer of HTTP/1.0 knows no chunks: the end of the connection is the end of the body (RFC 9112 §6.3).
        let isChunked = length == nil && head.version == .http11
        let framing: HTTPEncoder.Framing = length.map { .fixed($0) } ?? (isChunked ? .chunked : .untilClose)
        let keepsAlive = keepsAlive && (length != nil || isChunked)
        writeHead(answer, framing: framing, closes: !keepsAlive)
        if head.method == .head || !answer.status.allowsBody { return keepsAlive }
        response = if let length { .fixed(remaining: length) } else if isChunked { .chunked } else { .discarding }
        if !isChunked && length == nil { response = .fixed(remaining: .max) }
        defer { response = .none }
        do {
            try await produce(HTTPBodyWriter(connection: self))
        } catch {
            stream.close()
            return false
        }
        switch response {
        case .chunked: stream.write { HTTPEncoder.appendLastChunk(trailers: HTTPFields(), to: &$0) }
        case .fixed(let remaining) where length != nil && remaining > 0:
            stream.close()  // less than announced: the peer must not take it for the whole
            return false
        default: break
        }
        return keepsAlive
    }

    func writeBody(_ bytes: [UInt8]) async throws {
        if bytes.isEmpty { return }
        switch response {
        case .none, .discarding: throw StreamFailure.closed
        case .chunked: stream.write { HTTPEncoder.appendChunk(bytes, to: &$0) }
        case .fixed(let remaining):
            guard bytes.count <= remaining else { throw StreamFailure.closed }
            response = .fixed(remaining: remaining - bytes.count)
            stream.write { $0.append(contentsOf: bytes) }
        }
        if stream.isAboveHighWater { await stream.drain() }
        if let failure = stream.failure { throw failure }
    }

    // MARK: Upgrade

    private func upgrade(
        _ head: HTTPRequestHead,
        _ answer: HTTPServerResponse,
        _ handle: @Sendable (WebSocketConnection) async -> Void
    ) async -> HTTPStatus {
        let fields: HTTPFields
        switch WebSocketHandshake.accept(head) {
        case .accepted(let accepted): fields = accepted
        case .rejected(let status, let message):
            let text = Array(message.utf8)
            var refusal = HTTPServerResponse(
                status: status,
                fields: HTTPFields([(.contentType, "text/plain; charset=utf-8"), (.secWebSocketVersion, "13")])
            )
            if status == .upgradeRequired { refusal.fields.set(.upgrade, "websocket") }  // RFC 9110 §15.5.22
            writeHead(refusal, framing: .fixed(text.count), closes: true)
            stream.write { $0.append(contentsOf: text) }
            return status
        }
        var switching = HTTPServerResponse(status: .switchingProtocols, fields: answer.fields)
        for field in fields { switching.fields.append(field.name, field.value) }
        writeHead(switching, framing: .none, closes: false)
        let socket = WebSocketConnection(stream, role: .server, configuration: configuration.webSocket)
        webSocket = socket
        await socket.start()
        await handle(socket)
        await socket.finish()
        return .switchingProtocols
    }
}
