import BenchmarkTransport
import Glibc
import Testing

@testable import BenchmarkFramework

@Suite("Log lines")
struct LineLogTests {
    /// A pipe that is closed when it is released.
    private final class Pipe: Sendable {
        let (reading, writing): (Int32, Int32)

        init(isNonBlocking: Bool = false) throws {
            var ends: [Int32] = [-1, -1]
            try #require(pipe(&ends) == 0)
            (reading, writing) = (ends[0], ends[1])
            if isNonBlocking { try #require(fcntl(writing, F_SETFL, O_NONBLOCK) == 0) }
        }

        deinit { for end in [reading, writing] { close(end) } }

        /// Reads everything up to and including a line, or until nothing has arrived for 20 seconds.
        func text(upTo last: String) -> String {
            var text = ""
            var block = [UInt8](repeating: 0, count: 65_536)
            while !text.hasSuffix(last + "\n") {
                var input = pollfd(fd: reading, events: Int16(POLLIN), revents: 0)
                if poll(&input, 1, 20_000) == 0 { break }
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

    /// Runs code that may block on a thread for such code.
    private func blocking<R: Sendable>(_ body: @escaping @Sendable () -> R) async throws -> R {
        try await ServiceExecutor.shared.run(body)
    }

    @Test("a log on a descriptor that does not block loses nothing if its reader is only slower")
    func nonBlocking() async throws {
        let pipe = try Pipe(isNonBlocking: true)
        let log = LineLog(descriptor: pipe.writing) { "dropped \($0)" }
        let line = String(repeating: "x", count: 50_000)
        let (isReading, text) = (OneShotEvent(), Locked(""))
        let reader = ServiceExecutor.shared.startTask {
            isReading.fire()
            let all = pipe.text(upTo: "end")
            text.withLock { $0 = all }
        }
        await isReading.wait()
        for _ in 0..<16 { log.write(line) }
        log.write("end")
        try await blocking { log.flush() }
        await reader.value
        #expect(text.withLock { $0 } == String(repeating: line + "\n", count: 16) + "end\n")
    }

    @Test("a log on a descriptor that does not block counts what a stalled reader misses, and goes on with a new line")
    func stalled() async throws {
        let pipe = try Pipe(isNonBlocking: true)
        let log = LineLog(descriptor: pipe.writing) { "dropped \($0)" }
        // The pipe takes the first line and the beginning of the second.
        let line = String(repeating: "x", count: 50_000)
        for _ in 0..<4 { log.write(line) }
        // Returns although nobody reads.
        try await blocking { log.flush() }
        async let text = blocking { pipe.text(upTo: "end") }
        try await blocking {
            log.flush()
            log.write("end")
            log.flush()
        }
        let lines = try await text.split(separator: "\n")
        #expect(lines.first.map(String.init) == line)
        #expect(lines.count { $0 == line } == 1)
        #expect(lines.dropFirst().filter { !$0.hasPrefix("x") } == ["dropped 3", "end"])
    }
}
