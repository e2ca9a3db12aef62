import FuzzSupport

@testable import BenchmarkTransport

/// Dates (RFC 9110 §5.6.7): a date that was parsed survives being formatted and parsed again, and so does any time.
///
/// The bytes are used as text, and the first five also as a number of seconds.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    var input = FuzzInput(data, size)
    let bytes = input.rest()
    let text = String(decoding: bytes, as: UTF8.self)
    if let seconds = HTTPDate.parse(text) {
        check(bytes.allSatisfy { $0 > 0 && $0 < 0x80 }, "a date that is not ASCII: \(text)")
        // The 31st day of a shorter month, or a leap second, may lead past the last year of four digits.
        check(seconds <= lastSecond + 86_400 && seconds >= -62_200_000_000, "\(seconds): \(text)")
        if seconds <= lastSecond {
            checkEqual(HTTPDate.parse(HTTPDate.format(secondsSince1970: seconds)), max(0, seconds), text)
        }
    }
    let number = bytes.prefix(5).reduce(Int64(0)) { $0 << 8 | Int64($1) } % (lastSecond + 1)
    let written = HTTPDate.format(secondsSince1970: number)
    checkEqual(written.utf8.count, 29, written)
    checkEqual(HTTPDate.parse(written), number, written)
    return 0
}

/// The end of the year 9999.
private let lastSecond: Int64 = 253_402_300_799
