import FuzzSupport

@testable import BenchmarkTransport

/// Chunk lines (RFC 9112 §7.1), checked against a parse by the standard library.
///
/// A line that is refused stays refused, and a line that is complete stays the same, whatever follows.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    var input = FuzzInput(data, size)
    let maxBytes = 8 + 4 * Int(input.choice())
    let bytes = input.rest()
    let whole = outcome(bytes, maxBytes)
    for count in 0..<min(bytes.count, maxBytes + 2) {
        let partial = outcome(Array(bytes[..<count]), maxBytes)
        check(partial == "incomplete" || partial == whole, "after \(count) bytes: \(partial), then \(whole)")
    }
    return 0
}

private func outcome(_ bytes: [UInt8], _ maxBytes: Int) -> String {
    switch bytes.withUnsafeBytes({ HTTPChunkLine.parse($0, maxBytes: maxBytes) }) {
    case .incomplete:
        check(bytes.count < maxBytes, "a line without a ceiling")
        return "incomplete"
    case .failed(let error): return "failed \(error.status.code)"
    case .size(let size, let extensionBytes, let lineBytes):
        check(lineBytes <= bytes.count && lineBytes <= maxBytes, "a line of \(lineBytes) bytes")
        let line = bytes[..<(lineBytes - 2)]
        check(bytes[(lineBytes - 2)..<lineBytes].elementsEqual([0x0d, 0x0a]), "a line without its end")
        let digits = line.dropLast(extensionBytes)
        checkEqual(size, Int(String(decoding: digits, as: UTF8.self), radix: 16) ?? -1)
        check(!line.contains { $0 < 0x20 && $0 != 0x09 || $0 == 0x7f }, "a control character in an extension")
        return "size \(size) \(extensionBytes) \(lineBytes)"
    }
}
