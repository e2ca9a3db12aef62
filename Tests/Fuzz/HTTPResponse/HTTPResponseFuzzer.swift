import FuzzSupport

@testable import BenchmarkTransport

/// Responses as a client reads them (RFC 9112): the same events however the bytes are split, and bodies of the
/// announced length.
///
/// Choices: the limits and whether the peer closes, the methods of two requests, the split.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    var input = FuzzInput(data, size)
    let options = input.choice()
    let known: [HTTPMethod] = [.get, .head, .connect, .post]
    let methods = (0..<2).map { _ in known[input.choice(of: known.count)] }
    var limits = HTTPLimits()
    if options & 1 == 1 {
        limits.maxStartLineBytes = 64
        limits.maxHeaderBytes = 128
        limits.maxHeaderCount = 6
        limits.maxBodyBytes = 100
        limits.maxChunkLineBytes = 24
        limits.maxChunkExtensionBytes = 32
        limits.maxTrailerBytes = 48
    }
    let limitsOfAll = limits
    input.deliveries().agree { transcript($0, methods, limitsOfAll, closes: options & 2 == 2) }
    return 0
}

private func transcript(_ pieces: [[UInt8]], _ methods: [HTTPMethod], _ limits: HTTPLimits, closes: Bool) -> [String] {
    var decoder = HTTPDecoder(role: .client, limits: limits)
    for method in methods { decoder.expectResponse(to: method) }
    var input = ByteBuffer()
    var lines: [String] = []
    var body: [UInt8] = []
    var announced: HTTPBodyFraming?
    var hasFailed = false
    func note(_ event: HTTPEvent) {
        switch event {
        case .request: check(false, "a request to a client")
        case .response(let head, let framing):
            check((100...999).contains(head.status.code), "status \(head.status.code)")
            announced = framing
            lines.append("response \(head.status.code) \(head.version) \(framing) \(Array(head.fields))")
            _ = (HTTPKeepAlive.isKept(after: head), WebSocketHandshake.Request().problem(with: head))
            if let location = head.fields[.location], let base = try? HTTPURL("http://a/b") {
                _ = try? base.resolve(location)
            }
        case .body(let count):
            check(count > 0 && count <= input.count, "a body of \(count) bytes, \(input.count) are there")
            body += input.take(count)
        case .end(let trailers):
            check(body.count <= limits.maxBodyBytes, "a body beyond its limit")
            switch announced {
            case .none?: checkEqual(body.count, 0)
            case .fixed(let count)?: checkEqual(body.count, count)
            case .chunked?, .untilClose?: break
            case nil: check(false, "an end of nothing")
            }
            lines.append("body \(body) end \(Array(trailers))")
            (body, announced) = ([], nil)
        case .failed(let error):
            // How much of a body that lasts until the connection ends is delivered before it is too long depends on the
            // split.
            lines.append("body \(announced == .untilClose ? [] : body) failed \(error.status.code)")
            (body, hasFailed) = ([], true)
        }
    }
    for piece in pieces {
        input.append(contentsOf: piece)
        while let event = decoder.next(&input) { note(event) }
    }
    if closes, let event = decoder.receiveEnd() { note(event) }
    // Bytes that no request asked for, such as those after a 101, are still there.
    if !hasFailed { lines.append("body \(body) left \(input.take(input.count))") }
    return lines
}
