import BenchmarkTransport
import Glibc
import Testing

@testable import BenchmarkFramework

@Suite("Log lines")
struct LineLogTests {
    /// A pipe that is closed when it is released.
    private final class Pipe: Sendable {
        let (reading, writing): (Int32, Int32)

        init() throws {
            var ends: [Int32] = [-1, -1]
            try #require(pipe(&ends) == 0)
            (reading, writing) = (ends[0], ends[1])
        }

        deinit { for end in [reading, writing] { close(end) } }

        /// Reads everything up to and including a line.
        func text(upTo last: String) -> String {
            var text = ""
            var block = [UInt8](repeating: 0, count: 65_536)
            while !text.hasSuffix(last + "\n") {
                let count = read(reading, &block, block.count)
                if count <= 0 { break }
                text += String(decoding: block.prefix(count), as: UTF8.self)
            }
            return text
        }
    }

    @Test(
        "a log line stays one line and cannot control a terminal, whatever it quotes",
        arguments: [
            ("GET /a\r\nb", "GET /a??b"), ("\u{1b}[2J\u{7f} é", "?[2J? é"), ("\u{9b}2J", "?2J"), ("a\u{2028}b", "a?b"),
            ("\u{202e}evil", "?evil"), ("\u{2066}x\u{2069}", "?x?"), ("a\u{85}b", "a?b"), ("日本\tx", "日本?x"),
        ]
    )
    func quoted(_ line: String, _ written: String) throws {
        let pipe = try Pipe()
        let log = LineLog(descriptor: pipe.writing) { "dropped \($0)" }
        log.write(line)
        log.write("end")
        log.flush()
        #expect(pipe.text(upTo: "end") == "\(written)\nend\n")
    }

    @Test("log lines that nobody reads are dropped beyond a limit, are counted, and hold nothing up")
    func dropped() async throws {
        let pipe = try Pipe()
        let log = LineLog(descriptor: pipe.writing) { "dropped \($0)" }
        // More than the pipe and the log can hold: the excess is dropped while the writer waits for the reader.
        let line = String(repeating: "x", count: 65_535)
        for _ in 0..<64 { log.write(line) }
        let reading = Locked("")
        let reader = ServiceExecutor.shared.startTask {
            let text = pipe.text(upTo: "end")
            reading.withLock { $0 = text }
        }
        await ServiceExecutor.shared.startTask {
            log.flush()
            log.write("end")
            log.flush()
        }.value
        await reader.value
        let lines = reading.withLock { $0 }.split(separator: "\n")
        let dropped = lines.compactMap { Int($0.dropFirst("dropped ".count)) }
        #expect(dropped.count == 1)
        #expect(lines.count { $0 == line } + (dropped.first ?? 0) == 64)
        #expect(lines.last == "end")
    }
}
