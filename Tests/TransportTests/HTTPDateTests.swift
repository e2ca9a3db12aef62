import Testing

@testable import BenchmarkTransport

@Suite("Dates, RFC 9110 §5.6.7")
struct HTTPDateTests {
    @Test(
        "dates are written in the preferred format",
        arguments: [
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"), (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"),
            (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
        ] as [(Int64, String)]
    )
    func dates(_ seconds: Int64, _ text: String) {
        #expect(HTTPDate.format(secondsSince1970: seconds) == text)
        #expect(HTTPDate.parse(text) == max(0, seconds))
    }

    @Test(
        "dates are read in all three formats and no other",
        arguments: [
            ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777), ("Sunday, 06-Nov-94 08:49:37 GMT", 784_111_777),
            ("Sun Nov  6 08:49:37 1994", 784_111_777), ("Sun, 06 Nov 1994 08:49:37", nil),
            ("Sun, 06 Nov 1994 08:49:37 GMT+1", nil), ("06 Nov 1994 08:49:37 GMT", nil), ("", nil), ("7", nil),
            ("Sun, 06 Nov 1994 08:49:37 GMT\0", nil), ("Sun, 99 Nov 1994 08:49:37 GMT", nil),
        ] as [(String, Int64?)]
    )
    func parsing(_ text: String, _ seconds: Int64?) {
        #expect(HTTPDate.parse(text) == seconds)
    }
}
