import FuzzSupport

@testable import BenchmarkTransport

/// Both sides of the opening handshake (RFC 6455 §4): what a server accepts, its client accepts; and what a client
/// accepts has the fields that §4.1 asks for.
///
/// Choice: side. In a response, `@` stands for the right `sec-websocket-accept`.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    var input = FuzzInput(data, size)
    if input.choice() & 1 == 0 { examineRequest(input.rest()) } else { examineResponse(input.rest()) }
    return 0
}

private func examineRequest(_ bytes: [UInt8]) {
    var (decoder, buffer) = (HTTPDecoder(role: .server), ByteBuffer(bytes))
    guard case .request(let head, _)? = decoder.next(&buffer) else { return }
    switch WebSocketHandshake.accept(head) {
    case .rejected(let status, let reason): check((400..<500).contains(status.code), "\(status.code) \(reason)")
    case .accepted(let fields):
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
    }
}

private func examineResponse(_ bytes: [UInt8]) {
    let request = WebSocketHandshake.Request()
    guard let key = request.fields[.secWebSocketKey] else { return check(false, "a handshake without a key") }
    let acceptance = WebSocketHandshake.acceptance(of: key)
    let wire = bytes.flatMap { $0 == UInt8(ascii: "@") ? Array(acceptance.utf8) : [$0] }
    var (decoder, buffer) = (HTTPDecoder(role: .client), ByteBuffer(wire))
    decoder.expectResponse(to: .get)
    guard case .response(let head, _)? = decoder.next(&buffer), request.problem(with: head) == nil else { return }
    checkEqual(head.fields[values: .secWebSocketAccept], [acceptance])
    check(!head.fields.contains(.secWebSocketExtensions), "an extension not asked for")
    check(!head.fields.contains(.secWebSocketProtocol), "a protocol not asked for")
}
