import BenchmarkTransport
import Glibc

/// Reads a multipart body (RFC 2046 §5.1) as it comes in, without holding more of it than a delimiter can hide.
///
/// Bytes go in with ``receive(_:)``, events come out of ``next()`` one by one. A violation is the event `.failed`;
/// nothing follows it. The preamble and the epilogue are skipped.
package struct MultipartParser: Sendable {
    /// What the body consists of.
    package enum Event: Sendable, Equatable {
        /// The header of a part is complete.
        case part(MultipartFields)
        /// The next bytes of that part.
        case body([UInt8])
        /// The part is complete.
        case partEnd
        /// The closing delimiter was read.
        case end
        /// The body is no multipart body.
        case failed(String)
    }

    private enum State { case preamble, header, body, closing, ended, failed }

    /// The most bytes that the header of one part may have: a few lines are usual.
    package static let maxHeaderBytes = 16 * 1024
    /// The most blanks behind a boundary: none are usual, and without a ceiling they could be fed for ever.
    private static let maxPaddingCount = 256

    private let delimiter: [UInt8]
    private var input: ByteBuffer
    private var state = State.preamble

    /// A parser for a body whose parts are separated by `boundary`, without the two leading dashes.
    package init(boundary: String) {
        delimiter = Array("\r\n--\(boundary)".utf8)
        // The first delimiter may stand at the very start: this is the line break that then belongs to it.
        input = ByteBuffer("\r\n".utf8)
    }

    /// Whether the closing delimiter was read.
    package var isFinished: Bool { state == .ended }

    /// Takes the next bytes of the body.
    package mutating func receive(_ bytes: some Collection<UInt8>) {
        if state == .ended || state == .failed { return }
        input.append(contentsOf: bytes)
    }

    /// Says that the body is complete, after the last event was taken; answers the failure if it stopped early.
    package mutating func receiveEnd() -> Event? {
        state == .ended || state == .failed ? nil : fail("the multipart body ends before its closing boundary")
    }

    /// The next event, or nil until there are more bytes.
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

    /// What the buffered bytes hold up to the next delimiter.
    private struct Search {
        /// The bytes in front that certainly belong to the content.
        var contentCount = 0
        /// The complete delimiter line behind them.
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
        /// Anything else is content that happens to begin like one.
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
