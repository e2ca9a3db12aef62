internal import CLinux
import Glibc

/// SIGINT and SIGTERM as events: the first asks a program to stop, the second to stop at once.
///
/// From the first call of ``install()`` on, these signals no longer end the process.
package final class TerminationSignals: ReadinessHandler, @unchecked Sendable {
    // Safe to share: `count` and `hangup` are touched only on the loop's thread.
    package let first = OneShotEvent()
    package let second = OneShotEvent()
    private var count = 0
    private var hangup: (@Sendable () -> Void)?
    private let output: Int32
    private let stream: DescriptorStream

    private static let installed = TerminationSignals()

    /// Returns the process's termination signals, which are installed on the first call.
    package static func install() -> TerminationSignals { installed }

    private init() {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { fatalError("\(SystemError.last("pipe"))") }
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        output = ends[1]
        let loop = EventLoopGroup.shared.next()
        stream = DescriptorStream(ends[0], on: loop)
        stream.owner = self
        loop.execute { [stream] in
            do { try stream.register() } catch { fatalError("\(error)") }
        }
        for number in [SIGINT, SIGTERM] { _ = clinux_forward_signal(number, ends[1]) }
    }

    package func signal(_ readiness: Readiness) {
        var byte: UInt8 = 0
        while case .bytes = withUnsafeMutableBytes(of: &byte, stream.read(into:)) {
            if Int32(byte) == SIGHUP {
                hangup?()
                continue
            }
            count += 1
            if count == 1 { first.fire() } else { second.fire() }
        }
    }

    /// Waits for the first signal, then runs `stop`; a second signal ends the process at once, with status 1.
    ///
    /// - Parameters:
    ///   - report: is called with what happens.
    ///   - flush: is called before a second signal ends the process. Neither it nor `report` can hold up the end: there
    ///     may be nobody who reads what they write.
    package func stop(
        telling report: @escaping @Sendable (String) -> Void,
        flush: @escaping @Sendable () -> Void = {},
        _ stop: () async -> Void
    ) async {
        await first.wait()
        stream.loop.startTask {
            await self.second.wait()
            await self.end(afterAtMost: .milliseconds(500)) {
                report("stopped by a second signal")
                flush()
            }
        }
        report("stopping")
        await stop()
    }

    /// Ends the process after `lastWords` has returned, or without waiting longer than `limit`.
    private func end(afterAtMost limit: Duration, _ lastWords: @escaping @Sendable () -> Void) async {
        let spoken = OneShotEvent()
        let deadline = stream.loop.schedule(after: limit) { spoken.fire() }
        do {
            try startThread(name: "last-words") {
                lastWords()
                spoken.fire()
            }
            await spoken.wait()
        } catch {}
        deadline.cancel()
        // Not `exit`, which would wait for any thread that holds the C library's streams.
        _exit(1)
    }

    /// Makes SIGHUP call `action` on an event loop instead of ending the process.
    package func onHangup(_ action: @escaping @Sendable () -> Void) {
        stream.loop.execute {
            self.hangup = action
            _ = clinux_forward_signal(SIGHUP, self.output)
        }
    }
}
