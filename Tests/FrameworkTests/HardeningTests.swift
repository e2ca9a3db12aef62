import Glibc
import Testing

@testable import BenchmarkFramework

@Suite("What keeps callers in their place")
struct HardeningTests {
    @Test("a line of the log stays one line, whatever it quotes")
    func logLines() throws {
        var ends: [Int32] = [-1, -1]
        try #require(pipe(&ends) == 0)
        defer { for end in ends { close(end) } }
        let log = LineLog(descriptor: ends[1])
        log.write("GET /a\r\nb\u{1b}[2J\u{7f} é")
        log.write("end")
        log.flush()
        var text = ""
        var block = [UInt8](repeating: 0, count: 256)
        while !text.hasSuffix("end\n") {
            let count = read(ends[0], &block, block.count)
            if count <= 0 { break }
            text += String(decoding: block.prefix(count), as: UTF8.self)
        }
        #expect(text == "GET /a??b?[2J? é\nend\n")
    }

    @Test(
        "a static key opens only to itself",
        arguments: [("Bearer secret", true), ("Bearer secre", false), ("Bearer secret2", false), ("", false)]
    )
    func key(_ given: String, _ isAllowed: Bool) async {
        let authentication = BuiltInAuthentication(apiKey: "secret")
        #expect(await authentication.allows([(.authorization, given)]) == isAllowed)
        #expect(await !authentication.allows([]))
        #expect(await BuiltInAuthentication(apiKey: "").allows([]))
    }
}
