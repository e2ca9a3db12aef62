import BenchmarkSandbox
import Testing

@Suite("Labeling and splitting a command's log")
struct LineLabelerTests {
    @Test("splitting a labeled text gives the text back", arguments: [1, 2, 3, 7, 1000])
    func roundTrip(_ pieceCount: Int) {
        let text = Array("first\n\nsecond \u{1}\u{1} line\r\n\u{2}\n\u{1}\nlast without end".utf8)
        var (labeler, log) = (LineLabeler(.standardError), [UInt8]())
        for start in stride(from: 0, to: text.count, by: pieceCount) {
            let piece = Array(text[start..<min(text.count, start + pieceCount)])
            piece.withUnsafeBytes { labeler.receive($0, into: &log) }
        }
        labeler.finish(into: &log)
        #expect(LogDemultiplexer.split(log).standardError == text + [0x0A])
        #expect(LogDemultiplexer.split(log).standardOutput.isEmpty)
    }

    @Test("a line that is too long to hold is written in pieces that join to the same text")
    func longLine() {
        let line = [UInt8](repeating: 0x61, count: LineLabeler.maxHeldBytes + 10)
        var (labeler, log) = (LineLabeler(.standardOutput), [UInt8]())
        line.withUnsafeBytes { labeler.receive($0, into: &log) }
        #expect(log.count == LineLabeler.maxHeldBytes + 3)
        labeler.finish(into: &log)
        #expect(LogDemultiplexer.split(log).standardOutput == line + [0x0A])
    }

    @Test("markers are found wherever the log is split", arguments: 1...9)
    func cuts(_ pieceCount: Int) {
        let log: [UInt8] = [1, 1, 1, 97, 10, 2, 2, 2, 98, 2, 10, 1, 1, 1, 1, 99, 10, 2, 2, 2, 10, 1, 1]
        var demultiplexer = LogDemultiplexer()
        var (out, err) = ([UInt8](), [UInt8]())
        let deliver = { (stream: LogStream, bytes: [UInt8]) in
            if stream == .standardOutput { out += bytes } else { err += bytes }
        }
        for start in stride(from: 0, to: log.count, by: pieceCount) {
            demultiplexer.receive(log[start..<min(log.count, start + pieceCount)], deliver)
        }
        demultiplexer.finish(deliver)
        #expect(out == [97, 10, 1, 99, 10])
        #expect(err == [98, 2, 10, 10, 1, 1])
    }
}
