import BenchmarkTransport
import Foundation

/// Writes lines to standard error on a thread of its own, because an event loop must not wait for a terminal.
///
/// At most 1 MiB is held back. If the reader of standard error stalls for longer, lines are dropped and counted, and
/// the count is written when it continues.
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
    private let output: Locked<Int32>
    /// Returns the line that says how many lines were dropped.
    private let droppedLine: @Sendable (Int) -> String

    init(descriptor: Int32, droppedLine: @escaping @Sendable (Int) -> String) {
        output = Locked(descriptor)
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
    func flush() { writePending { _ in } }

    private func drain() {
        var hasMore = true
        while hasMore {
            writePending { state in
                hasMore = !state.pending.isEmpty
                state.isWriting = hasMore
            }
        }
    }

    private func writePending(_ look: (inout State) -> Void) {
        output.withLock { descriptor in
            let pending = state.withLock { state in
                if state.dropped > 0 {
                    state.pending += Array(droppedLine(state.dropped).utf8) + [UInt8(ascii: "\n")]
                    state.dropped = 0
                }
                look(&state)
                defer { state.pending = [] }
                return state.pending
            }
            Self.write(pending, to: descriptor)
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

    private static func write(_ bytes: [UInt8], to descriptor: Int32) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno != EINTR { return }  // nobody reads; there is nowhere left to complain
            rest = rest.dropFirst(max(0, count))
        }
    }

    /// Prints the reason and exits.
    static func exit(_ status: Int32, _ reason: String) -> Never {
        write(Array("error: \(reason)\n".utf8), to: 2)
        Foundation.exit(status)
    }
}
