import FuzzSupport

@testable import BenchmarkSandbox

/// Logs of commands: the same texts however the bytes are split and however often the log is read from its start, and
/// lines that survive being written with their markers.
///
/// Choice: the split.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    var input = FuzzInput(data, size)
    let deliveries = input.deliveries()
    deliveries.agree(split)
    let text = deliveries.agree(journal)
    checkEqual(replayed(deliveries.others[1]), text)
    let decoded = deliveries.agree(decode)
    let bytes = deliveries.whole.first ?? []
    checkEqual(decoded, Array(String(decoding: bytes, as: UTF8.self).utf8))

    for stream in LogStream.allCases {
        let log = deliveries.agree { label($0.map { $0.map { $0 == 1 || $0 == 2 ? 0x2e : $0 } }, as: stream) }
        var expected = bytes.filter { $0 != 0 }.map { $0 == 1 || $0 == 2 ? 0x2e : $0 }
        if let last = expected.last, last != 0x0a { expected.append(0x0a) }
        let streams = LogDemultiplexer.split(log)
        checkEqual(stream == .standardOutput ? streams.standardOutput : streams.standardError, expected)
        check((stream == .standardOutput ? streams.standardError : streams.standardOutput).isEmpty, "another stream")
    }
    return 0
}

private func split(_ pieces: [[UInt8]]) -> [[UInt8]] {
    var demultiplexer = LogDemultiplexer()
    var (output, error) = ([UInt8](), [UInt8]())
    func deliver(_ stream: LogStream, _ bytes: [UInt8]) {
        check(!bytes.isEmpty, "an empty stretch")
        if stream == .standardOutput { output += bytes } else { error += bytes }
    }
    for piece in pieces { demultiplexer.receive(piece, deliver) }
    demultiplexer.finish(deliver)
    return [output, error]
}

private func journal(_ pieces: [[UInt8]]) -> [UInt8] {
    var decoder = LogDecoder()
    var text = ""
    for piece in pieces { text += decoder.receive(piece) }
    return Array((text + decoder.finish()).utf8)
}

/// Reads half of the log, then all of it from its start.
private func replayed(_ pieces: [[UInt8]]) -> [UInt8] {
    var (position, decoder) = (LogPosition(), LogDecoder())
    var text = ""
    for piece in pieces.prefix(pieces.count / 2) { text += decoder.receive(position.take(piece)) }
    position.beginReplay()
    for byte in pieces.joined() { text += decoder.receive(position.take([byte])) }
    checkEqual(position.offset, pieces.map(\.count).reduce(0, +))
    return Array((text + decoder.finish()).utf8)
}

private func decode(_ pieces: [[UInt8]]) -> [UInt8] {
    var decoder = UTF8Decoder()
    var text = ""
    for piece in pieces { text += decoder.decode(piece) }
    return Array((text + decoder.finish()).utf8)
}

private func label(_ pieces: [[UInt8]], as stream: LogStream) -> [UInt8] {
    var labeler = LineLabeler(stream)
    var log = [UInt8]()
    for piece in pieces { piece.withUnsafeBytes { labeler.receive($0, into: &log) } }
    labeler.finish(into: &log)
    return log
}
