/// Asks a proxy for a tunnel (RFC 9110 §9.3.6).
enum ProxyTunnel {
    private static let maxInformational = 16
    private static let maxRefusalBytes = 4096

    /// Opens a tunnel; everything written afterwards is sent to `authority`, which includes a port.
    ///
    /// Runs on the stream's loop; the caller limits the time by closing the stream.
    /// - Throws: ``HTTPClientError``; with code `.proxyRefused` and the status if the proxy does not open the tunnel.
    static func open(_ stream: BufferedStream, to authority: String, by proxy: ProxyAddress) async throws {
        var fields = HTTPFields()
        if let authorization = proxy.authorization { fields.append(.proxyAuthorization, authorization) }
        stream.write { output in
            HTTPEncoder.appendRequestHead(
                method: .connect,
                target: authority,
                host: authority,
                fields: fields,
                framing: .none,
                to: &output
            )
        }
        var decoder = HTTPDecoder(role: .client)
        decoder.expectResponse(to: .connect)
        var informational = 0
        while true {
            guard case .response(let head, let framing) = try await next(&decoder, stream, proxy) else {
                throw violation(proxy, "data before the response")
            }
            if head.status.isInformational && head.status != .switchingProtocols {
                informational += 1
                if informational > maxInformational { throw violation(proxy, "it never sends a final response") }
                continue
            }
            guard (200..<300).contains(head.status.code) else {
                throw await refusal(head, framing, &decoder, stream, "\(proxy) opens no tunnel to \(authority)")
            }
            // The server never speaks first, so bytes that are already here were not meant for this client.
            guard stream.input.isEmpty else {
                throw violation(proxy, "data within the tunnel before the first request")
            }
            return
        }
    }

    private static func next(
        _ decoder: inout HTTPDecoder,
        _ stream: BufferedStream,
        _ proxy: ProxyAddress
    ) async throws -> HTTPEvent {
        while true {
            if let event = decoder.next(&stream.input) {
                if case .failed(let error) = event { throw violation(proxy, error.message) }
                return event
            }
            if await stream.fillOrWait() { continue }
            if stream.inputHasEnded, let event = decoder.receiveEnd(), case .end = event { return event }
            throw HTTPClientError(.cannotConnect, "the proxy \(proxy): \(stream.failure ?? .endOfStream)")
        }
    }

    /// Returns the error for a refusal, with the beginning of its body.
    private static func refusal(
        _ head: HTTPResponseHead,
        _ framing: HTTPBodyFraming,
        _ decoder: inout HTTPDecoder,
        _ stream: BufferedStream,
        _ message: String
    ) async -> HTTPClientError {
        var body: [UInt8] = []
        if framing.hasBody {
            while body.count < maxRefusalBytes {
                guard let event = decoder.next(&stream.input) else {
                    if await stream.fillOrWait() { continue }
                    break
                }
                guard case .body(let count) = event else { break }
                body += stream.input.take(count)
            }
        }
        return HTTPClientError(
            .proxyRefused,
            "the proxy \(message): \(head.status)",
            status: head.status.code,
            body: String(decoding: body.prefix(maxRefusalBytes), as: UTF8.self)
        )
    }

    private static func violation(_ proxy: ProxyAddress, _ what: String) -> HTTPClientError {
        HTTPClientError(.protocolViolation, "the proxy \(proxy) broke the protocol: \(what)")
    }
}
