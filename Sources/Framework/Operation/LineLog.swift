import BenchmarkTransport
import Foundation

/// Lines on standard error, written by a thread of their own: an event loop must not wait for a terminal.
///
/// Held back are at most 1 MiB; when the reader of standard error stalls for longer, lines are dropped and counted, and
/// the count is written when it goes on.
final class LineLog: Sendable {
    static let standardError = LineLog(descriptor: 2)

    private struct State: Sendable {
        var pending: [UInt8] = []
        var dropped = 0
        var isWriting = false
    }
    private static let maxPendingBytes = 1 << 20
    private let state = Locked(State())
    private let descriptor: Int32

    init(descriptor: Int32) { self.descriptor = descriptor }

    /// Appends a line.
    ///
    /// Control characters, which a request's target could smuggle in, become `?`.
    func write(_ line: String) {
        var bytes = line.utf8.map { $0 < 0x20 || $0 == 0x7f ? UInt8(ascii: "?") : $0 }
        bytes.append(UInt8(ascii: "\n"))
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

    /// Writes what is pending now; returns when it is written.
    func flush() {
        state.withLock { state in
            Self.write(state.pending, to: descriptor)
            state.pending = []
        }
    }

    private func drain() {
        while true {
            let pending = state.withLock { state -> [UInt8]? in
                if state.dropped > 0 {
                    state.pending += Array("log: \(state.dropped) lines were dropped\n".utf8)
                    state.dropped = 0
                }
                if state.pending.isEmpty {
                    state.isWriting = false
                    return nil
                }
                defer { state.pending = [] }
                return state.pending
            }
            guard let pending else { return }
            Self.write(pending, to: descriptor)
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

    /// Prints why and ends the process.
    static func exit(_ status: Int32, _ reason: String) -> Never {
        write(Array("error: \(reason)\n".utf8), to: 2)
        Foundation.exit(status)
    }
}
