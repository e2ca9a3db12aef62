import FuzzSupport

@testable import BenchmarkTransport

/// Field sections and lists (RFC 9110 §5): what is read is found again by name, survives being written, and is never
/// more than one line.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    var input = FuzzInput(data, size)
    let bytes = input.rest()
    examineText(bytes)
    guard let fields = section(bytes) else { return 0 }

    var wire = ByteBuffer()
    HTTPEncoder.appendLastChunk(trailers: fields, to: &wire)
    let line = wire.take(3)
    checkEqual(line, Array("0\r\n".utf8))
    guard let copy = section(wire.take(wire.count)) else {
        check(false, "fields that cannot be written: \(Array(fields))")
        return 0
    }
    var expected = fields
    for name in ["content-length", "transfer-encoding", "date", "server"] {
        if let name = HTTPField.Name(name) { expected.remove(name) }
    }
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

/// A section with its empty line.
private func section(_ bytes: [UInt8]) -> HTTPFields? {
    let error = HTTPProtocolError.bad("")
    let ceilings = HTTPHeadLines.Ceilings(
        firstLine: 4096,
        firstLineError: error,
        section: 65536,
        sectionError: error,
        count: 100
    )
    return bytes.withUnsafeBytes { bytes in
        var scanner = HTTPHeadLines()
        guard case .complete(let count) = scanner.scan(bytes, ceilings, skipsEmptyLines: false) else { return nil }
        check(count <= bytes.count, "a section longer than its bytes")
        return try? HTTPFieldLines.parse(scanner.lines[...], bytes)
    }
}

/// Any text may be given as a value, and none of it can begin a line of its own.
private func examineText(_ bytes: [UInt8]) {
    let text = String(decoding: bytes, as: UTF8.self)
    var fields = HTTPFields()
    fields.append(.te, text)
    fields.set(text, text)
    var wire = ByteBuffer()
    HTTPEncoder.appendLastChunk(trailers: [(.te, text)], to: &wire)
    _ = wire.take(3)
    let copy = section(wire.take(wire.count))
    if bytes.count < 1024 { check(copy?.count == 1, "a value of two lines: \(text.debugDescription)") }
    if let decimal = HTTPSyntax.decimal(bytes) { checkEqual(decimal, Int(text) ?? -1) }
    _ = HTTPHost.isValid(bytes)
}
