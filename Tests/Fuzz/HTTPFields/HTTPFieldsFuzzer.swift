import FuzzSupport

@testable import BenchmarkTransport

/// Field sections and lists (RFC 9110 §5): a field that was read is found by name, survives being written, and is never
/// more than one line.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    var input = FuzzInput(data, size)
    let bytes = input.rest()
    examineText(bytes)
    guard let fields = section(bytes) else { return 0 }

    guard let copy = writtenAndRead(fields) else {
        check(false, "fields that cannot be written: \(Array(fields))")
        return 0
    }
    var expected = fields
    for name in [HTTPField.Name.contentLength, .transferEncoding, .host] { expected.remove(name) }
    check(copy == expected, "\(Array(copy))\n\(Array(expected))")

    for (name, value) in fields {
        check(fields.contains(name), "\(name)")
        check(fields[values: name].contains { $0.utf8.elementsEqual(value.utf8) }, "\(name): \(value)")
        for token in fields.tokens(in: name) {
            check(!token.isEmpty && fields.hasToken(token, in: name), "\(name) has no '\(token)'")
        }
        var changed = fields
        changed.set(name, value)
        checkEqual(changed[values: name].count, 1)
        changed.remove(name)
        check(!changed.contains(name), "\(name) is still there")
    }
    return 0
}

/// Writes the fields as those of a request, which adds a host and its own length, and reads them back.
private func writtenAndRead(_ fields: HTTPFields) -> HTTPFields? {
    var wire = ByteBuffer()
    HTTPEncoder.appendRequestHead(method: .get, target: "/", host: "a", fields: fields, framing: .none, to: &wire)
    let line = Array("GET / HTTP/1.1\r\n".utf8)
    checkEqual(wire.take(line.count), line)
    var copy = section(wire.take(wire.count), maxCount: 101)
    copy?.remove(.host)
    return copy
}

/// Parses a field section that ends with its empty line.
private func section(_ bytes: [UInt8], maxCount: Int = 100) -> HTTPFields? {
    let error = HTTPProtocolError.bad("")
    let ceilings = HTTPHeadLines.Ceilings(
        firstLine: 1 << 20,
        firstLineError: error,
        section: 1 << 20,
        sectionError: error,
        count: maxCount
    )
    return bytes.withUnsafeBytes { bytes in
        var scanner = HTTPHeadLines()
        guard case .complete(let count) = scanner.scan(bytes, ceilings, skipsEmptyLines: false) else { return nil }
        check(count <= bytes.count, "a section longer than its bytes")
        return try? HTTPFieldLines.parse(scanner.lines[...], bytes)
    }
}

/// Checks that any text may be given as a value, and that no part of it can start a new line.
private func examineText(_ bytes: [UInt8]) {
    let text = String(decoding: bytes, as: UTF8.self)
    var fields = HTTPFields()
    fields.append(.te, text)
    fields.set(text, text)
    let copy = writtenAndRead([(.te, text)])
    if bytes.count < 1024 { check(copy?.count == 1, "a value of two lines: \(text.debugDescription)") }
    if let decimal = HTTPSyntax.decimal(bytes) { checkEqual(decimal, Int(text) ?? -1) }
    _ = HTTPHost.isValid(bytes)
}
