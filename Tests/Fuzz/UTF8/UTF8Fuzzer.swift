import FuzzSupport

@testable import BenchmarkTransport

/// UTF-8 in pieces (RFC 3629), checked against the standard library: refused at the first byte after which no
/// continuation can be valid, and not before.
///
/// Choice: the split.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    var input = FuzzInput(data, size)
    let deliveries = input.deliveries()
    let isValid = deliveries.agree(isValid)
    guard let bytes = deliveries.whole.first else { return 0 }
    checkEqual(isValid, String(validating: bytes, as: UTF8.self) != nil)

    var validator = UTF8Validator()
    var sequence: [UInt8] = []
    for byte in bytes {
        sequence.append(byte)
        guard withUnsafeBytes(of: byte, { validator.receive($0) }) else {
            check(!(0...3).contains { isRight(sequence, missing: $0) }, "refuses \(sequence)")
            break
        }
        checkEqual(validator.isComplete, isRight(sequence, missing: 0), "complete behind \(sequence)")
        if validator.isComplete { sequence = [] }
        check(sequence.isEmpty || (1...3).contains { isRight(sequence, missing: $0) }, "goes on behind \(sequence)")
    }
    return 0
}

private func isValid(_ pieces: [[UInt8]]) -> Bool {
    var validator = UTF8Validator()
    for piece in pieces where !piece.withUnsafeBytes({ validator.receive($0) }) { return false }
    return validator.isComplete
}

/// Whether the bytes can become one character by adding `missing` continuation bytes.
private func isRight(_ sequence: [UInt8], missing: Int) -> Bool {
    let continuations: [UInt8] = [0x80, 0x90, 0xa0, 0xbf]
    var candidates = [sequence]
    for _ in 0..<missing { candidates = candidates.flatMap { bytes in continuations.map { bytes + [$0] } } }
    return candidates.contains { String(validating: $0, as: UTF8.self)?.unicodeScalars.count == 1 }
}
