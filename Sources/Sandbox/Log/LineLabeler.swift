import Glibc

/// Turns the output of one stream of a command into the labeled lines of its log.
///
/// Every line is preceded by the marker of its stream and ends in a newline, which is added to the last one if needed.
/// Zero bytes are dropped. An incomplete line is held back, up to ``maxHeldBytes``: a longer one is written in pieces,
/// each after a marker and without a newline, so that splitting the log by its markers gives the same text.
package struct LineLabeler: Sendable {
    /// The maximum number of bytes of an incomplete line that are held.
    package static let maxHeldBytes = 4 * 1024 * 1024

    private let marker: [UInt8]
    private var held = [UInt8]()
    private var isInsideLine = false

    /// Creates a labeler for the standard output or the standard error stream.
    package init(_ stream: LogStream) { marker = stream.marker }

    /// Takes the next output and appends the lines it completes.
    package mutating func receive(_ bytes: UnsafeRawBufferPointer, into log: inout [UInt8]) {
        var rest = bytes
        while let base = rest.baseAddress, !rest.isEmpty {
            let newline = memchr(base, 0x0A, rest.count).map { UnsafeRawPointer($0) - base }
            let room = max(1, Self.maxHeldBytes - held.count)
            let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(min(newline.map { $0 + 1 } ?? rest.count, room)))
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(piece.count))
            if memchr(base, 0, piece.count) == nil {
                held += piece
            } else {
                held += piece.lazy.filter { $0 != 0 }
            }
            let endsLine = piece.last == 0x0A
            guard endsLine || held.count >= Self.maxHeldBytes else { continue }
            flush(into: &log)
            isInsideLine = !endsLine
        }
    }

    /// Ends the stream and appends what is left.
    package mutating func finish(into log: inout [UInt8]) {
        guard !held.isEmpty || isInsideLine else { return }
        held.append(0x0A)
        flush(into: &log)
        isInsideLine = false
    }

    private mutating func flush(into log: inout [UInt8]) {
        log += marker
        log += held
        held.removeAll(keepingCapacity: held.capacity <= 64 * 1024)
    }
}
