import FuzzSupport

@testable import BenchmarkTransport

/// URLs and references (RFC 3986): a URL that is accepted can be written as a request that a server accepts, and reads
/// back the same.
///
/// The first line is a URL, the rest a reference that a server answered with.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    var input = FuzzInput(data, size)
    guard let url = try? HTTPURL(String(decoding: input.line(), as: UTF8.self)) else { return 0 }
    examine(url)
    let reference = String(decoding: input.rest(), as: UTF8.self)
    if let resolved = try? url.resolve(reference) {
        examine(resolved)
        if reference.hasPrefix("/") && !reference.hasPrefix("//") { checkEqual(resolved.origin, url.origin) }
    }
    examine(url.appending("/" + HTTPURL.escape(reference)))
    return 0
}

private func examine(_ url: HTTPURL) {
    let copy = try? HTTPURL(url.description)
    check(copy == url, "\(url) reads back as \(copy.map { "\($0)" } ?? "nothing")")
    check(HTTPHost.isValid(url.authority.utf8), "host \(url.authority)")
    var wire = ByteBuffer()
    HTTPEncoder.appendRequestHead(
        method: .get,
        target: url.target,
        host: url.authority,
        fields: [],
        framing: .none,
        to: &wire
    )
    var decoder = HTTPDecoder(role: .server)
    guard case .request(let head, .none)? = decoder.next(&wire) else {
        return check(false, "a server refuses \(url)")
    }
    checkEqual(head.target, url.target)
    check(wire.isEmpty, "a URL with a request of its own")
}
