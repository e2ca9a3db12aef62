import Testing

@testable import BenchmarkSandbox

@Suite("The format of a log")
struct LogFormatTests {
    @Test(
        "the SDK's version decides the format",
        arguments: [
            (nil, false, .plainText), (nil, true, .markedText), ("0.26.9", false, .plainText),
            ("0.26.9", true, .plainText),
            ("0.27.0-rc1", false, .plainText), ("0.27.0", false, .markedText), ("0.166.9", false, .markedText),
            ("0.167.0a1", false, .markedText), ("0.167.0", false, .json), ("v0.226.1", false, .json),
            ("1.0.0", false, .json),
            ("0.0.0-dev", false, .json), ("latest", false, .markedText), ("1.2", false, .markedText),
            ("99999999999999999999.0.0", false, .markedText),
        ] as [(String?, Bool, LogFormat)]
    )
    func format(_ version: String?, _ keepsMarkers: Bool, _ wanted: LogFormat) {
        #expect(LogFormat(version: version, keepsMarkers: keepsMarkers) == wanted)
    }
}
