import BenchmarkTransport
import Foundation

/// Writes lines to standard error on a thread of its own, because an event loop must not wait for a terminal.
///
/// At most 1 MiB is held back. If the reader of standard error stalls for longer, lines are dropped and counted, and
/// the count is written when it continues. Where standard error does not block, because another program that shares it
/// has set it so, lines are also dropped when the reader takes nothing for a second.
final class LineLog: Sendable {
    static let standardError = LineLog(descriptor: STDERR_FILENO, droppedLine: { ServiceLog.dropped($0) })

    private struct State: Sendable {
        var pending: [UInt8] = []
        var dropped = 0
        var isWriting = false
    }
    private static let maxPendingBytes = 1 << 20
    private let state = Locked(State())
    /// The descriptor, locked while a thread writes, so that lines keep their order; appending a line does not wait for
    /// it.
    private let output: Locked<Output>
    /// Returns the line that says how many lines were dropped.
    private let droppedLine: @Sendable (Int) -> String

    init(descriptor: Int32, droppedLine: @escaping @Sendable (Int) -> String) {
        output = Locked(Output(descriptor: descriptor))
        self.droppedLine = droppedLine
    }

    /// Appends a line.
    ///
    /// Characters that control a terminal or the direction of its text, which a request's target could smuggle in, are
    /// replaced with `?`.
    func write(_ line: String) {
        let bytes = Self.harmless(line).utf8 + [UInt8(ascii: "\n")]
        let mustStart = state.withLock { state -> Bool in
            if state.pending.count + bytes.count > Self.maxPendingBytes {
                state.dropped += 1
            } else {
                state.pending += bytes
            }
            defer { state.isWriting = true }
            return !state.isWriting
        }
        if mustStart { _ = ServiceExecutor.system.startTask { self.drain() } }
    }

    /// Writes the pending lines; returns when everything that was appended before is written.
    ///
    /// Blocks for as long as standard error does, so it must not be called on an event loop.
    func flush() { writePending { _, _ in true } }

    private func drain() {
        var goesOn = true
        while goesOn {
            goesOn = writePending { state, isStalled in
                // While the reader stalls, the count of dropped lines waits for the next line.
                state.isWriting = !state.pending.isEmpty || state.dropped > 0 && !isStalled
                return state.isWriting
            }
        }
    }

    /// Writes the pending lines, and how many were dropped, if `decide` says so, and returns what it said.
    @discardableResult
    private func writePending(if decide: (inout State, _ isStalled: Bool) -> Bool) -> Bool {
        output.withLock { output in
            let isStalled = output.isStalled
            let taken = state.withLock { state -> (lines: [UInt8], dropped: Int)? in
                guard decide(&state, isStalled) else { return nil }
                defer { (state.pending, state.dropped) = ([], 0) }
                return (state.pending, state.dropped)
            }
            guard let taken else { return false }
            var (lines, dropped) = taken
            if dropped > 0 { lines += Array(droppedLine(dropped).utf8) + [UInt8(ascii: "\n")] }
            let rest = output.write(lines)
            if rest.isEmpty { return true }
            // The line with the count, which is the last one, does not count itself.
            dropped = max(0, dropped - 1) + rest.count { $0 == UInt8(ascii: "\n") }
            state.withLock { $0.dropped += dropped }
            return true
        }
    }

    /// Returns a line with `?` in place of characters that must not be printed.
    private static func harmless(_ line: String) -> String {
        if line.utf8.allSatisfy({ (0x20..<0x7f).contains($0) }) { return line }
        return String(String.UnicodeScalarView(line.unicodeScalars.map { isHarmless($0) ? $0 : "?" }))
    }

    private static func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: false
        default: !scalar.properties.isBidiControl
        }
    }

    /// Prints the reason and exits.
    static func exit(_ status: Int32, _ reason: String) -> Never {
        var output = Output(descriptor: STDERR_FILENO)
        _ = output.write(Array("error: \(reason)\n".utf8))
        Foundation.exit(status)
    }
}

/// A descriptor that lines are written to.
private struct Output: Sendable {
    let descriptor: Int32
    /// Whether the last write was given up.
    private(set) var isStalled = false
    /// Whether the last byte written is in the middle of a line.
    private var isInLine = false

    /// How long the reader of a descriptor that does not block may take nothing.
    private static let patienceMilliseconds: Int32 = 1000

    init(descriptor: Int32) { self.descriptor = descriptor }

    /// Writes lines, the first of them on a line of its own.
    ///
    /// - Returns: the rest that could not be written, because the reader stalls or has gone.
    mutating func write(_ lines: [UInt8]) -> ArraySlice<UInt8> {
        if lines.isEmpty { return [] }
        let newline = UInt8(ascii: "\n")
        if isInLine { isInLine = !writeAll([newline]).isEmpty }
        let rest = isInLine ? lines[...] : writeAll(lines)
        if rest.count < lines.count { isInLine = lines[lines.count - rest.count - 1] != newline }
        isStalled = !rest.isEmpty
        return rest
    }

    private func writeAll(_ bytes: [UInt8]) -> ArraySlice<UInt8> {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno != EINTR && !(errno == EAGAIN && waitForRoom()) { break }
            rest = rest.dropFirst(max(0, count))
        }
        return rest
    }

    private func waitForRoom() -> Bool {
        var room = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        let count = poll(&room, 1, Self.patienceMilliseconds)
        return count > 0 || count < 0 && errno == EINTR
    }
}
