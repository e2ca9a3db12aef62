import FuzzSupport

@testable import BenchmarkSandbox
@testable import BenchmarkTransport

/// Percent-escapes (RFC 3986 §2.1) and forms: decoding undoes escaping, and the decoders of queries and of paths agree.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    var input = FuzzInput(data, size)
    let bytes = input.rest()
    let text = String(decoding: bytes, as: UTF8.self)

    let escaped = HTTPURL.escape(text)
    check(escaped.utf8.allSatisfy { HTTPSyntax.isToken($0) }, escaped)
    checkEqual(PercentCoding.decode(escaped.utf8), Array(text.utf8))
    checkEqual(PercentCoding.decode(escaped.utf8, plusIsBlank: true), Array(text.utf8))

    let decoded = PercentCoding.decode(bytes)
    check(decoded.count <= bytes.count, "decoding has made more")
    if !bytes.contains(UInt8(ascii: "%")) { checkEqual(decoded, bytes) }

    let items = PercentCoding.formItems(bytes[...])
    checkEqual(items.count, bytes.split(separator: UInt8(ascii: "&")).count)
    let form = items.map { HTTPURL.escape($0.name) + "=" + HTTPURL.escape($0.value) }.joined(separator: "&")
    let copy = PercentCoding.formItems(Array(form.utf8)[...])
    check(copy.elementsEqual(items) { exact($0.name, $1.name) && exact($0.value, $1.value) }, form)

    let segments = APIRequest.segments(text)
    let expected = text.utf8.split(separator: UInt8(ascii: "/")).map {
        String(decoding: PercentCoding.decode($0), as: UTF8.self)
    }
    check(segments.elementsEqual(expected, by: exact), "\(segments)\n\(expected)")
    return 0
}

private func exact(_ left: String, _ right: String) -> Bool { left.utf8.elementsEqual(right.utf8) }
