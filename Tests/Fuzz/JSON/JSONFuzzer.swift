import FuzzSupport

@testable import BenchmarkProtocol

/// JSON texts (RFC 8259): a value is equal after it is written and read back, and its text's encoding changes nothing.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    var input = FuzzInput(data, size)
    let bytes = input.rest()
    let result = read(bytes)
    if let text = String(validating: bytes, as: UTF8.self) { examineEncodings(text) }
    guard case .success(let value) = result else { return 0 }
    for style in [JSONFloatStyle.http, .stream] {
        guard let written = try? value.serialized(floats: style) else {
            check(depth(of: value) > JSONWriter.maxDepth, "a value that cannot be written")
            continue
        }
        guard case .success(let copy) = read(written) else {
            check(false, "written so that it cannot be read: \(String(decoding: written, as: UTF8.self))")
            continue
        }
        check(copy == writable(value), "\(copy)\n\(value)")
        check(copy.hashValue == writable(value).hashValue, "equal values hash differently")
        checkEqual(try? copy.serialized(floats: style), written)
    }
    return 0
}

private func read(_ bytes: [UInt8]) -> Result<JSONValue, JSONReadError> {
    do throws(JSONReadError) { return .success(try JSONParser.parse(bytes)) } catch { return .failure(error) }
}

private func read(text: [UInt8]) -> Result<JSONValue, JSONReadError> {
    do throws(JSONReadError) { return .success(try JSONParser.parse(text: text)) } catch { return .failure(error) }
}

/// Checks that UTF-16 and UTF-32 with byte order marks give the same value, or the same mistake and place, as UTF-8.
private func examineEncodings(_ text: String) {
    let expected = described(read(text: Array(text.utf8)))
    let plain = text.unicodeScalars.first == "\u{feff}" ? String(text.unicodeScalars.dropFirst()) : text
    let utf16 = plain.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xff)] }
    checkEqual(described(read([0xfe, 0xff] + utf16)), expected)
    let utf32 = plain.unicodeScalars.flatMap { scalar in
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: scalar.value >> $0) }
    }
    checkEqual(described(read([0x00, 0x00, 0xfe, 0xff] + utf32)), expected)
}

/// Returns a result that can be compared, without NaN, which equals nothing.
private func described(_ result: Result<JSONValue, JSONReadError>) -> Result<JSONValue, JSONReadError> {
    result.map(writable)
}

/// Returns the value with null for numbers that JSON cannot express.
private func writable(_ value: JSONValue) -> JSONValue {
    switch value {
    case .double(let number) where !number.isFinite: .null
    case .array(let values): .array(values.map(writable))
    case .object(let object): .object(JSONObject(object.map { ($0.key, writable($0.value)) }))
    default: value
    }
}

private func depth(of value: JSONValue) -> Int {
    switch value {
    case .array(let values): 1 + (values.map(depth).max() ?? 0)
    case .object(let object): 1 + (object.map { depth(of: $0.value) }.max() ?? 0)
    default: 0
    }
}
