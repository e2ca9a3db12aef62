import FuzzSupport

@testable import BenchmarkTransport

/// Frames in both roles (RFC 6455 §5), compressed or not (RFC 7692): the same events and answers however the bytes are
/// split, texts that are valid UTF-8, and messages that survive being forwarded.
///
/// Choices: the role, limits, leniency and compression in one byte; the split.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    var input = FuzzInput(data, size)
    let options = input.choice()
    let role: WebSocketRole = options & 1 == 0 ? .server : .client
    var limits = WebSocketLimits()
    limits.maxMessageBytes = options & 2 == 2 ? 200 : 256 << 10
    let limitsOfAll = limits
    let acceptsInvalidText = options & 4 == 4
    let direction = WebSocketDeflate.Direction(
        windowBits: options & 64 == 64 ? 9 : 15,
        keepsContext: options & 128 == 0
    )
    let deflate = options & 8 == 0 ? nil : WebSocketDeflate(server: direction, client: direction)
    let read = { (pieces: [[UInt8]]) -> [WebSocketEvent] in
        let codec = WebSocketProtocol(
            role: role,
            limits: limitsOfAll,
            acceptsInvalidText: acceptsInvalidText,
            deflate: deflate
        )
        return receive(pieces, codec, answeredBy: role)
    }
    let deliveries = input.deliveries()
    var events = read(deliveries.others[0])
    // A reference back past a small window is certain to be refused only in single bytes: in larger pieces zlib finds
    // the bytes in what it has just written.
    let isCertain = deflate == nil || direction.windowBits == 15 || !hasFailed(events)
    if isCertain { events = deliveries.agree(read) } else { _ = read(deliveries.whole) }
    var messages: [WebSocketMessage] = []
    for case .message(let message) in events {
        check(message.bytes.count <= limits.maxMessageBytes, "a message beyond its limit")
        if case .text(let bytes) = message, !acceptsInvalidText {
            check(String(validating: bytes, as: UTF8.self) != nil, "a text that is no UTF-8")
        }
        messages.append(message)
    }
    sendOn(messages, from: role, deflate, acceptsInvalidText)
    return 0
}

private func hasFailed(_ events: [WebSocketEvent]) -> Bool {
    events.contains { if case .failed = $0 { true } else { false } }
}

/// Returns the events of the input, followed by those that the peer reads from the answers.
private func receive(
    _ pieces: [[UInt8]],
    _ codec: WebSocketProtocol,
    answeredBy role: WebSocketRole
) -> [WebSocketEvent] {
    var (codec, input, output) = (codec, ByteBuffer(), ByteBuffer())
    var (events, isOver) = ([WebSocketEvent](), false)
    for piece in pieces {
        input.append(contentsOf: piece)
        while true {
            guard let event = codec.next(&input, &output) else {
                if codec.hasMore { continue }
                break
            }
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

/// Reads answers as the peer; they must be valid, and end with one Close.
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

/// Forwards messages over one connection, on which a compressed message may refer to those before it.
private func sendOn(
    _ messages: [WebSocketMessage],
    from role: WebSocketRole,
    _ deflate: WebSocketDeflate?,
    _ acceptsInvalidText: Bool
) {
    var sender = WebSocketProtocol(role: role, deflate: deflate)
    var peer = WebSocketProtocol(
        role: role == .server ? .client : .server,
        acceptsInvalidText: acceptsInvalidText,
        deflate: deflate
    )
    var (wire, output) = (ByteBuffer(), ByteBuffer())
    for message in messages {
        message.bytes.withUnsafeBytes { bytes in
            if case .text = message {
                sender.send(text: bytes, to: &wire)
            } else {
                sender.send(binary: bytes, to: &wire)
            }
        }
        checkEqual(peer.next(&wire, &output), .message(message))
        check(wire.isEmpty && output.isEmpty, "more than the message")
    }
}
