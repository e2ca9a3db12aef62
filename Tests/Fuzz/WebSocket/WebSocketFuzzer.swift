import FuzzSupport

@testable import BenchmarkTransport

/// Frames in both roles (RFC 6455 §5): the same events and answers however the bytes are cut, texts that are UTF-8, and
/// messages that come through when they are sent on.
///
/// Choices: role, limits and leniency; cut.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    var input = FuzzInput(data, size)
    let options = input.choice()
    let role: WebSocketRole = options & 1 == 0 ? .server : .client
    var limits = WebSocketLimits()
    if options & 2 == 2 { limits.maxMessageBytes = 200 }
    let limitsOfAll = limits
    let acceptsInvalidText = options & 4 == 4
    let events = input.deliveries().agree { pieces -> [WebSocketEvent] in
        let codec = WebSocketProtocol(role: role, limits: limitsOfAll, acceptsInvalidText: acceptsInvalidText)
        return receive(pieces, codec, answeredBy: role)
    }
    for case .message(let message) in events {
        check(message.bytes.count <= limits.maxMessageBytes, "a message beyond its limit")
        if case .text(let bytes) = message, !acceptsInvalidText {
            check(String(validating: bytes, as: UTF8.self) != nil, "a text that is no UTF-8")
        }
        sendOn(message, from: role, acceptsInvalidText)
    }
    return 0
}

/// What comes in, followed by what the peer reads of the answers.
private func receive(
    _ pieces: [[UInt8]],
    _ codec: WebSocketProtocol,
    answeredBy role: WebSocketRole
) -> [WebSocketEvent] {
    var (codec, input, output) = (codec, ByteBuffer(), ByteBuffer())
    var (events, isOver) = ([WebSocketEvent](), false)
    for piece in pieces {
        input.append(contentsOf: piece)
        while let event = codec.next(&input, &output) {
            check(!isOver, "\(event) behind the end")
            events.append(event)
            if case .closed = event { isOver = true }
            if case .failed = event { isOver = true }
        }
    }
    codec.answerEnd(to: &output)
    codec.answerEnd(to: &output)
    codec.close(.normal, reason: "", to: &output)
    return events + answers(&output, to: role)
}

/// Reads answers as the peer; they must be right, and end with one Close.
private func answers(_ output: inout ByteBuffer, to role: WebSocketRole) -> [WebSocketEvent] {
    var peer = WebSocketProtocol(role: role == .server ? .client : .server)
    var (ignored, events) = (ByteBuffer(), [WebSocketEvent]())
    while !output.isEmpty, let event = peer.next(&output, &ignored) {
        events.append(event)
        switch event {
        case .pong: break
        case .closed: check(output.isEmpty, "bytes behind the Close")
        case .message, .ping, .failed: check(false, "\(event) as an answer")
        }
    }
    check(output.isEmpty, "an incomplete answer")
    if case .closed = events.last { return events }
    check(false, "no Close at the end")
    return events
}

private func sendOn(_ message: WebSocketMessage, from role: WebSocketRole, _ acceptsInvalidText: Bool) {
    var sender = WebSocketProtocol(role: role)
    var (wire, output) = (ByteBuffer(), ByteBuffer())
    message.bytes.withUnsafeBytes { bytes in
        if case .text = message { sender.send(text: bytes, to: &wire) } else { sender.send(binary: bytes, to: &wire) }
    }
    var peer = WebSocketProtocol(
        role: role == .server ? .client : .server,
        acceptsInvalidText: acceptsInvalidText
    )
    checkEqual(peer.next(&wire, &output), .message(message))
    check(wire.isEmpty && output.isEmpty, "more than the message")
}
