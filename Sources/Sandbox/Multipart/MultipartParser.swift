import BenchmarkTransport
import Glibc

/// Parses a multipart body (RFC 2046 §5.1) as it arrives, holding no more of it than a part's header or a delimiter.
///
/// Bytes go in through ``receive(_:)``, and events come out of ``next()`` one by one. A violation is the event
/// `.failed`; nothing follows it. The preamble and the epilogue are skipped.
package struct MultipartParser: Sendable {
    /// An element of the body.
    package enum Event: Sendable, Equatable {
        /// The header of a part is complete.
        case part(MultipartFields)
        /// The next bytes of that part.
        case body([UInt8])
        /// The part is complete.
        case partEnd
        /// The closing delimiter was read.
        case end
        /// The body is not a valid multipart body.
        case failed(String)
    }

    private enum State { case preamble, header, body, closing, ended, failed }

    /// The maximum number of bytes in the header of a part; a few lines are usual.
    package static let maxHeaderBytes = 16 * 1024
    /// The maximum number of blanks after a boundary; none are usual, and without a limit they could be sent forever.
    private static let maxPaddingCount = 256

    private let delimiter: [UInt8]
    private var input: ByteBuffer
    private var state = State.preamble

    /// Creates a parser for a body whose parts are separated by `boundary`, without the two leading dashes.
    package init(boundary: String) {
        delimiter = Array("\r\n--\(boundary)".utf8)
        // The first delimiter may be at the very start, so the line break that belongs to it is supplied here.
        input = ByteBuffer("\r\n".utf8)
    }

    /// Whether the closing delimiter was read.
    package var isFinished: Bool { state == .ended }

    /// Takes the next bytes of the body.
    package mutating func receive(_ bytes: some Collection<UInt8>) {
        if state == .ended || state == .failed { return }
        input.append(contentsOf: bytes)
    }

    /// Ends the body, after the last event was taken, and returns the failure if it ended too early.
    package mutating func receiveEnd() -> Event? {
        state == .ended || state == .failed ? nil : fail("the multipart body ends before its closing boundary")
    }

    /// Returns the next event, or `nil` until there are more bytes.
    package mutating func next() -> Event? {
        switch state {
        case .preamble, .body: return nextOfContent()
        case .header: return nextOfHeader()
        case .closing:
            state = .ended
            return .end
        case .ended, .failed: return nil
        }
    }

    private mutating func fail(_ message: String) -> Event {
        state = .failed
        return .failed(message)
    }

    private mutating func nextOfContent() -> Event? {
        let isBody = state == .body
        let search = input.withReadableBytes { Search($0, for: delimiter) }
        if search.contentCount > 0 {
            if isBody { return .body(input.take(search.contentCount)) }
            input.consume(search.contentCount)
        }
        guard let ending = search.ending else { return nil }
        input.consume(ending.byteCount)
        state = ending.isClosing ? .closing : .header
        return isBody ? .partEnd : next()
    }

    private mutating func nextOfHeader() -> Event? {
        let lineCount = input.withReadableBytes { bytes -> Int? in
            if bytes.starts(with: [0x0D, 0x0A]) { return 2 }
            var index = 0
            while index + 4 <= bytes.count {
                if bytes[index] == 0x0D, bytes[index..<(index + 4)].elementsEqual([0x0D, 0x0A, 0x0D, 0x0A]) {
                    return index + 4
                }
                index += 1
            }
            return nil
        }
        guard let lineCount else {
            return input.count > Self.maxHeaderBytes ? fail("the header of a part is too long") : nil
        }
        guard lineCount <= Self.maxHeaderBytes else { return fail("the header of a part is too long") }
        guard let fields = MultipartFields(input.take(lineCount)) else {
            return fail("the header of a part has a line without a colon")
        }
        state = .body
        return .part(fields)
    }

    /// The buffered bytes up to the next delimiter.
    private struct Search {
        /// The number of bytes at the start that certainly belong to the content.
        var contentCount = 0
        /// The complete delimiter line after them.
        var ending: (byteCount: Int, isClosing: Bool)?

        init(_ bytes: UnsafeRawBufferPointer, for delimiter: [UInt8]) {
            var index = 0
            while let base = bytes.baseAddress, index < bytes.count,
                let found = memchr(base + index, 0x0D, bytes.count - index)
            {
                index = UnsafeRawPointer(found) - base
                let length = min(delimiter.count, bytes.count - index)
                guard bytes[index..<(index + length)].elementsEqual(delimiter.prefix(length)) else {
                    index += 1
                    continue
                }
                contentCount = index
                guard length == delimiter.count else { return }
                switch Self.lineEnd(bytes, from: index + length) {
                case .incomplete: return
                case .none: index += 1
                case .found(let end, let isClosing):
                    ending = (end - index, isClosing)
                    return
                }
            }
            contentCount = bytes.count
        }

        private enum LineEnd { case incomplete, none, found(Int, isClosing: Bool) }

        /// RFC 2046 §5.1.1: two dashes close the body, otherwise blanks and a line break end the delimiter.
        ///
        /// Anything else is content that happens to start like one.
        private static func lineEnd(_ bytes: UnsafeRawBufferPointer, from start: Int) -> LineEnd {
            if start + 2 <= bytes.count, bytes[start] == 0x2D, bytes[start + 1] == 0x2D {
                return .found(start + 2, isClosing: true)
            }
            if start + 1 == bytes.count, bytes[start] == 0x2D { return .incomplete }
            var index = start
            while index < bytes.count, bytes[index] == 0x20 || bytes[index] == 0x09 { index += 1 }
            if index - start > maxPaddingCount { return .none }
            if index == bytes.count { return .incomplete }
            if bytes[index] != 0x0D { return .none }
            if index + 1 == bytes.count { return .incomplete }
            return bytes[index + 1] == 0x0A ? .found(index + 2, isClosing: false) : .none
        }
    }
}
