import FuzzSupport

@testable import BenchmarkTransport

/// Both sides of the opening handshake (RFC 6455 §4): the client accepts the answer of a server that accepts, a
/// response that a client accepts has the fields that §4.1 requires, and both sides agree on the compression (RFC 7692
/// §7.1).
///
/// Choice: a request, a response, or the value of `sec-websocket-extensions`. In a response, `@` stands for the right
/// `sec-websocket-accept`.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    var input = FuzzInput(data, size)
    switch input.choice(of: 3) {
    case 0: examineRequest(input.rest())
    case 1: examineResponse(input.rest())
    default: examineExtensions(String(decoding: input.rest(), as: UTF8.self))
    }
    return 0
}

private func examineRequest(_ bytes: [UInt8]) {
    var (decoder, buffer) = (HTTPDecoder(role: .server), ByteBuffer(bytes))
    guard case .request(let head, _)? = decoder.next(&buffer) else { return }
    switch WebSocketHandshake.accept(head) {
    case .rejected(let status, let reason): check((400..<500).contains(status.code), "\(status.code) \(reason)")
    case .accepted(let fields, let deflate):
        checkEqual(head.method, .get)
        checkEqual(head.fields[.secWebSocketVersion], "13")
        let key = head.fields[.secWebSocketKey] ?? ""
        checkEqual(key.utf8.count, 24)
        checkEqual(fields[.secWebSocketAccept], WebSocketHandshake.acceptance(of: key))
        var wire = ByteBuffer()
        HTTPEncoder.appendResponseHead(
            status: .switchingProtocols,
            fields: fields,
            framing: .none,
            closes: false,
            commonFields: [],
            to: &wire
        )
        var client = HTTPDecoder(role: .client)
        client.expectResponse(to: .get)
        guard case .response(let answer, .none)? = client.next(&wire), answer.status == .switchingProtocols else {
            return check(false, "no 101")
        }
        check(answer.fields.hasToken("websocket", in: .upgrade), "an answer without an upgrade")
        check(answer.fields.hasToken("upgrade", in: .connection), "an answer without the connection's upgrade")
        check(wire.isEmpty, "more than the answer")
        checkEqual(answer.fields.contains(.secWebSocketExtensions), deflate != nil)
    }
}

private func examineResponse(_ bytes: [UInt8]) {
    let request = WebSocketHandshake.Request(compression: .offered)
    guard let key = request.fields[.secWebSocketKey] else { return check(false, "a handshake without a key") }
    let acceptance = WebSocketHandshake.acceptance(of: key)
    let wire = bytes.flatMap { $0 == UInt8(ascii: "@") ? Array(acceptance.utf8) : [$0] }
    var (decoder, buffer) = (HTTPDecoder(role: .client), ByteBuffer(wire))
    decoder.expectResponse(to: .get)
    guard case .response(let head, _)? = decoder.next(&buffer), request.problem(with: head) == nil else { return }
    checkEqual(head.fields[values: .secWebSocketAccept], [acceptance])
    checkEqual(head.fields.contains(.secWebSocketExtensions), request.deflate(agreedBy: head) != nil)
    check(!head.fields.contains(.secWebSocketProtocol), "a protocol not asked for")
}

/// Checks that a server's answer to an offer is a valid answer, and that both sides agree on the same parameters.
private func examineExtensions(_ text: String) {
    guard let elements = WebSocketExtension.parse([text]) else { return }
    for element in elements {
        check(WebSocketExtension.parse([written(element)]) == [element], written(element))
        guard let offer = WebSocketDeflateOffer(element, isAnswer: false) else { continue }
        checkEqual(read(offer.text(isAnswer: false), isAnswer: false), offer)
        guard let (answer, agreed) = WebSocketDeflateOffer.answer(to: [element]) else { continue }
        checkEqual(read(answer.text(isAnswer: true), isAnswer: true), answer)
        checkEqual(offer.agreed(by: answer), agreed)
    }
    if elements.count == 1, let answer = read(text, isAnswer: true) {
        _ = WebSocketDeflateOffer.request.agreed(by: answer)
    }
}

private func written(_ element: WebSocketExtension) -> String {
    let parameters = element.parameters.map { $0.name + ($0.value.map { " = \"\($0)\"" } ?? "") }
    return ([element.name] + parameters).joined(separator: " ; ")
}

private func read(_ text: String, isAnswer: Bool) -> WebSocketDeflateOffer? {
    guard let elements = WebSocketExtension.parse([text]), let element = elements.first else { return nil }
    return WebSocketDeflateOffer(element, isAnswer: isAnswer)
}
