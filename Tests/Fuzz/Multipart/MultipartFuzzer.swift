import FuzzSupport

@testable import BenchmarkSandbox

/// Multipart bodies (RFC 2046 §5.1): the same parts however the bytes are split, and contents without their delimiter.
///
/// Choice: the split. The first line is a content type; if it has no boundary, `B` is used.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    var input = FuzzInput(data, size)
    let seed = input.choice()
    let type = HeaderParameters(String(decoding: input.line(), as: UTF8.self))
    check(type == HeaderParameters(quoted(type)), "\(type.value) \(type.parameters)")
    var boundary = "B"
    if let given = type["boundary"], (1...70).contains(given.utf8.count) { boundary = given }
    let parts = Deliveries(of: input.rest(), seed: seed).agree { read($0, boundary) }
    for part in parts where !part.content.isEmpty {
        let delimiter = Array("\r\n--\(boundary)\r\n".utf8)
        let content = part.content[...]
        let places = content.indices.filter { content[$0...].starts(with: delimiter) }
        check(places.isEmpty, "a delimiter within a part")
    }
    return 0
}

private struct Part: Equatable {
    var fields: MultipartFields?
    var content: [UInt8] = []
    var end = ""
}

/// Returns the parts, and a last entry that says how the body ended.
private func read(_ pieces: [[UInt8]], _ boundary: String) -> [Part] {
    var parser = MultipartParser(boundary: boundary)
    var (parts, isOpen, outcome) = ([Part](), false, "")
    func note(_ event: MultipartParser.Event) {
        check(outcome.isEmpty, "\(event) behind \(outcome)")
        switch event {
        case .part(let fields):
            check(!isOpen, "a part within another")
            _ = fields.name
            parts.append(Part(fields: fields))
            isOpen = true
        case .body(let bytes):
            check(isOpen && !bytes.isEmpty, "content of no part")
            parts[parts.count - 1].content += bytes
        case .partEnd:
            check(isOpen, "an end of no part")
            parts[parts.count - 1].end = "end"
            isOpen = false
        case .end:
            check(!isOpen, "an end within a part")
            outcome = "end"
        case .failed: outcome = "failed"
        }
    }
    for piece in pieces {
        parser.receive(piece)
        while let event = parser.next() { note(event) }
    }
    if let event = parser.receiveEnd() { note(event) }
    checkEqual(parser.isFinished, outcome == "end")
    return parts + [Part(end: outcome)]
}

/// Writes the parameters in quotes, which must read back the same.
private func quoted(_ field: HeaderParameters) -> String {
    let escaped = { (text: String) in
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.flatMap { $0 == "\"" || $0 == "\\" ? ["\\", $0] : [$0] }
            )
        )
    }
    let parameters = field.parameters.map { "\"\(escaped($0.name))\"=\"\(escaped($0.value))\"" }
    return (["\"\(escaped(field.value))\""] + parameters).joined(separator: ";")
}
