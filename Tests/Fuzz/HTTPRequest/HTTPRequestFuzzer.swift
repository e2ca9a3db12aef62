import FuzzSupport

@testable import BenchmarkTransport

/// Requests as a server reads them (RFC 9112): the same events however the bytes are split, bodies of the announced
/// length, and a head that means the same when it is forwarded.
///
/// Choices: the limits, the split.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    var input = FuzzInput(data, size)
    var limits = HTTPLimits()
    if input.choice() & 1 == 1 {
        limits.maxStartLineBytes = 64
        limits.maxHeaderBytes = 128
        limits.maxHeaderCount = 6
        limits.maxBodyBytes = 100
        limits.maxChunkLineBytes = 24
        limits.maxChunkExtensionBytes = 32
        limits.maxTrailerBytes = 48
    }
    let limitsOfAll = limits
    input.deliveries().agree { pieces in transcript(pieces, limitsOfAll) }
    return 0
}

private func transcript(_ pieces: [[UInt8]], _ limits: HTTPLimits) -> [String] {
    var decoder = HTTPDecoder(role: .server, limits: limits)
    var input = ByteBuffer()
    var lines: [String] = []
    var body: [UInt8] = []
    var announced: HTTPBodyFraming?
    func note(_ event: HTTPEvent) {
        switch event {
        case .request(let head, let framing):
            check(announced == nil, "a request within another")
            announced = framing
            lines.append("request \(head.method) \(head.target) \(head.version) \(framing) \(Array(head.fields))")
            examine(head, framing)
        case .response: check(false, "a response to a server")
        case .body(let count):
            check(count > 0 && count <= input.count, "a body of \(count) bytes, \(input.count) are there")
            body += input.take(count)
        case .end(let trailers):
            check(body.count <= limits.maxBodyBytes, "a body beyond its limit")
            switch announced {
            case .none?: checkEqual(body.count, 0)
            case .fixed(let count)?: checkEqual(body.count, count)
            case .chunked?: break
            case .untilClose?, nil: check(false, "an end of \(String(describing: announced))")
            }
            check(decoder.isBetweenMessages, "no end behind the end")
            lines.append("body \(body) end \(Array(trailers))")
            (body, announced) = ([], nil)
        case .failed(let error):
            lines.append("body \(body) failed \(error.status.code)")
            body = []
        }
    }
    for piece in pieces {
        input.append(contentsOf: piece)
        while let event = decoder.next(&input) { note(event) }
    }
    if let event = decoder.receiveEnd() { note(event) }
    return lines
}

/// Reads everything that a responder may ask of a head, and forwards it.
private func examine(_ head: HTTPRequestHead, _ framing: HTTPBodyFraming) {
    if head.method != .connect && head.target != "*" { check(head.rawPath.hasPrefix("/"), head.rawPath) }
    if let query = head.query {
        checkEqual(head.queryItems.count, query.utf8.split(separator: UInt8(ascii: "&")).count)
    }
    if let authority = head.authority { check(HTTPHost.isValid(authority.utf8), authority) }
    _ = (head.path, HTTPKeepAlive.isKept(after: head), WebSocketHandshake.accept(head))

    var wire = ByteBuffer()
    let host = head.fields[.host] ?? ""
    HTTPEncoder.appendRequestHead(
        method: head.method,
        target: head.target,
        host: host,
        fields: head.fields,
        framing: framing,
        to: &wire
    )
    var decoder = HTTPDecoder(role: .server)
    guard case .request(let copy, let copyFraming)? = decoder.next(&wire) else {
        return check(false, "a head that cannot be sent on: \(head)")
    }
    check(wire.isEmpty, "a head that is two")
    checkEqual(copy.method, head.method)
    checkEqual(copy.target, head.target)
    if framing.hasBody { checkEqual(copyFraming, framing) }
    let framingFields = ["host", "content-length", "transfer-encoding"]
    let others = { (fields: HTTPFields) in
        fields.filter { !framingFields.contains($0.name.description) }.map { "\($0.name): \($0.value)" }
    }
    checkEqual(others(copy.fields), others(head.fields))
}
