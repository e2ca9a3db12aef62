import TestSupport
import Testing

@testable import BenchmarkSandbox

@Suite("The log of one command")
struct CommandLogTests {
    @Test(
        "a log that has reached its maximum size ends with a line that says so, in memory and in a file",
        arguments: [1000, 4]
    )
    func full(_ maxMemoryBytes: Int) async throws {
        try await withTemporaryDirectory { folder in
            var log = CommandLog(path: "\(folder)/log", maxMemoryBytes: maxMemoryBytes, maxBytes: 20)
            for number in 0..<10 { log.append([1, 1, 1] + Array("out\(number)\n".utf8)) }
            let text = "local-daytona: a log has at most 20 bytes, the rest of the output is dropped\n"
            let streams = LogDemultiplexer.split(log.read(from: 0, maxCount: 1000))
            #expect(streams.standardOutput == Array("out0\nout1\n".utf8))
            #expect(streams.standardError == Array(text.utf8))
            #expect(!log.isBroken)
        }
    }

    @Test("a log may have exactly its maximum size")
    func exact() {
        var log = CommandLog(path: "/nowhere", maxBytes: 10)
        for _ in 0..<2 { log.append([1, 1, 1, 0x61, 0x0A]) }
        #expect(log.read(from: 0, maxCount: 1000) == [1, 1, 1, 0x61, 0x0A, 1, 1, 1, 0x61, 0x0A])
    }
}
