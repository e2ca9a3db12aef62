/// Reads requests from a connection, one after the other: the head, then as much of the body as is asked for.
///
/// Confined to the connection's loop.
final class HTTPRequestReader {
    /// The outcome of reading a request's head.
    enum Head {
        case request(HTTPRequestHead)
        /// The input is not HTTP or took too long; where a next request would begin is unknown.
        case malformed(HTTPProtocolError)
        /// The connection ended.
        case ended
    }

    /// How far the body of the current request has been read.
    private enum Body {
        case none
        /// It has not been read to its end.
        case open(Expectation)
        case ended
        case failed(HTTPBodyError)
    }

    /// Whether the sender waits for a 100 before it sends the body (RFC 9110 §10.1.1).
    private enum Expectation {
        case none
        case waiting
        /// The sender was not sent a 100: it may send the body all the same, or leave it out.
        case disappointed
    }

    private let stream: BufferedStream
    private let configuration: HTTPServerConfiguration
    private var decoder: HTTPDecoder
    private var body = Body.none
    /// How much longer the current body may be waited for.
    ///
    /// Waiting uses it up and arriving bytes earn it back, so that a body that trickles in fails like one that has
    /// stalled.
    private var patience: Duration = .zero
    /// Whether the body is only read to get past it: then nothing earns patience back.
    private var isDiscarding = false
    /// The trailer fields of the current request (RFC 9110 §6.5); empty until its body has ended.
    private(set) var trailers = HTTPFields()

    init(_ stream: BufferedStream, _ configuration: HTTPServerConfiguration) {
        (self.stream, self.configuration) = (stream, configuration)
        decoder = HTTPDecoder(role: .server, limits: configuration.limits)
    }

    // MARK: Heads

    /// Reads the next request's head.
    nonisolated(nonsending) func readHead() async -> Head {
        stream.setReadDeadline(configuration.headerTimeout)
        while true {
            switch decoder.next(&stream.input) {
            case .request(let head, let framing):
                stream.setReadDeadline(nil)
                if head.version == .http11 && !head.fields.contains(.host) {
                    return .malformed(.bad("an HTTP/1.1 request without a Host field"))  // RFC 9112 §3.2
                }
                let expectsContinue = head.version == .http11 && head.fields.hasToken("100-continue", in: .expect)
                body = framing.hasBody ? .open(expectsContinue ? .waiting : .none) : .ended
                trailers = HTTPFields()
                (patience, isDiscarding) = (configuration.bodyIdleTimeout, false)
                if !framing.hasBody { _ = decoder.next(&stream.input) }  // its end follows at once
                return .request(head)
            case .failed(let error): return .malformed(error)
            case nil:
                if await stream.fillOrWait() { continue }
                if !stream.readHasTimedOut || decoder.isBetweenMessages { return .ended }
                return .malformed(HTTPProtocolError(.requestTimeout, "the head of the request took too long"))
            default: return .ended
            }
        }
    }

    // MARK: Bodies

    /// Whether the current request has a body that has not been read to its end.
    var hasBody: Bool { if case .open = body { true } else { false } }

    /// Whether another request may follow the current one: not if its body is broken, or was never asked for and may
    /// still arrive.
    var mayGoOn: Bool {
        switch body {
        case .open(.waiting), .open(.disappointed), .failed: false
        default: true
        }
    }

    /// Settles a pending expectation before the final response, after which no 100 may be sent (RFC 9110 §10.1.1).
    ///
    /// - Parameter wantsBody: whether the body may still be asked for while the response is written; its sender is then
    ///   told to continue.
    func finalResponseBegins(wantsBody: Bool) {
        guard case .open(.waiting) = body else { return }
        if wantsBody { sendContinue() } else { body = .open(.disappointed) }
    }

    private func sendContinue() {
        body = .open(.none)
        // A sender that has already started does not wait.
        if !stream.input.isEmpty { return }
        stream.write { $0.append("HTTP/1.1 100 Continue\r\n\r\n") }
        stream.flush()
    }

    /// Returns the next bytes of the body; `nil` at its end.
    nonisolated(nonsending) func nextBodyBytes() async throws -> [UInt8]? {
        switch body {
        case .none, .ended: return nil
        case .failed(let error): throw error
        case .open(.waiting): sendContinue()
        case .open: break
        }
        defer { stream.setReadDeadline(nil) }
        while true {
            switch decoder.next(&stream.input) {
            case .body(let count):
                earnPatience(count)
                return stream.input.take(count)
            case .end(let trailers):
                self.trailers = trailers
                body = .ended
                return nil
            case .failed(let error): throw fail(error.status.code, error.message)
            case nil:
                if await fillPatiently() { continue }
                if stream.readHasTimedOut { throw fail(408, "the request body stalled") }
                throw fail(400, "the connection ended before the request body did")
            default: throw fail(400, "unexpected data in the request body")
            }
        }
    }

    private nonisolated(nonsending) func fillPatiently() async -> Bool {
        stream.setReadDeadline(patience)
        let start = stream.loop.now
        let hasBytes = await stream.fillOrWait()
        if configuration.minBodyBytesPerSecond > 0 || isDiscarding { patience -= .nanoseconds(stream.loop.now - start) }
        return hasBytes
    }

    private func earnPatience(_ byteCount: Int) {
        let rate = configuration.minBodyBytesPerSecond
        if rate > 0 && !isDiscarding {
            patience = min(configuration.bodyIdleTimeout, patience + .seconds(Double(byteCount) / Double(rate)))
        }
    }

    private func fail(_ status: Int, _ message: String) -> HTTPBodyError {
        let error = HTTPBodyError(status: status, description: message)
        body = .failed(error)
        return error
    }

    /// Reads and drops the rest of the body; returns false if it is too long, takes longer than the body idle timeout in
    /// all, or cannot be read.
    nonisolated(nonsending) func discardRestOfBody() async -> Bool {
        var discarded = 0
        isDiscarding = true
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
}
