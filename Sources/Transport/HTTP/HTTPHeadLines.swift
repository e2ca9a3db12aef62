/// Finds the lines of a header section in a buffer, resuming where it last stopped: a head that arrives byte by byte is
/// scanned only once.
///
/// Line ends are CR LF and nothing else (RFC 9112 §2.2): two readers may disagree about a bare LF or CR.
struct HTTPHeadLines: Sendable {
    /// The ranges of the lines found, relative to the buffer's front, without their ends.
    private(set) var lines: [Range<Int>] = []
    private var lineStart = 0
    private var scanned = 0
    private var skippedEmptyLines = 0

    enum Outcome {
        case incomplete
        /// The section is complete, with this many bytes in all.
        case complete(byteCount: Int)
        case failed(HTTPProtocolError)
    }

    /// The limits of a section, and the errors that report an excess.
    struct Ceilings {
        var firstLine: Int
        var firstLineError: HTTPProtocolError
        var section: Int
        var sectionError: HTTPProtocolError
        var count: Int
    }

    /// Whether nothing but the empty lines that may precede a request has been seen.
    var isEmpty: Bool { lines.isEmpty && scanned == lineStart }

    mutating func reset() {
        lines.removeAll(keepingCapacity: true)
        (lineStart, scanned, skippedEmptyLines) = (0, 0, 0)
    }

    /// Continues the scan with what the buffer holds now.
    ///
    /// - Parameter skipsEmptyLines: whether a few empty lines may precede the first line (RFC 9112 §2.2).
    mutating func scan(_ bytes: UnsafeRawBufferPointer, _ ceilings: Ceilings, skipsEmptyLines: Bool) -> Outcome {
        while scanned < bytes.count {
            let byte = bytes[scanned]
            if byte == 0x0a {
                guard scanned > lineStart, bytes[scanned - 1] == 0x0d else { return .failed(.bad("a bare line feed")) }
                let line = lineStart..<(scanned - 1)
                scanned += 1
                lineStart = scanned
                if line.isEmpty {
                    if skipsEmptyLines && lines.isEmpty && skippedEmptyLines < 4 {
                        skippedEmptyLines += 1
                        continue
                    }
                    return .complete(byteCount: scanned)
                }
                lines.append(line)
                if lines.count > ceilings.count { return .failed(ceilings.sectionError) }
            } else {
                if scanned > lineStart, bytes[scanned - 1] == 0x0d { return .failed(.bad("a bare carriage return")) }
                scanned += 1
            }
            if lines.isEmpty {
                if scanned - lineStart > ceilings.firstLine { return .failed(ceilings.firstLineError) }
            } else if scanned - lines[0].upperBound > ceilings.section {
                return .failed(ceilings.sectionError)
            }
        }
        return .incomplete
    }
}
