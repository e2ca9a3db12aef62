import BenchmarkTransport
import CLinux
import Glibc

/// A child process: started, watched, signaled, waited for.
///
/// It leads its own session and process group. It is reaped as soon as it exits, so that no zombie stays, and no signal
/// is sent to a process ID that another process may have by then.
final class ChildProcess: Sendable {
    /// How a process ended.
    enum Outcome: Sendable, Equatable {
        /// It exited with that code; -1 if it is not known how it ended.
        case exited(Int32)
        /// It was killed by that signal.
        case signalled(Int32)
    }

    /// The process ID, which is also the ID of its process group and session.
    let pid: pid_t
    private let loop: EventLoop
    private let state = Locked<Outcome?>(nil)
    private let ended = OneShotEvent()

    /// Starts a program; see ``Spawn/start(_:environment:directory:standard:)``.
    init(
        _ arguments: [String],
        environment: [String] = Spawn.toolEnvironment,
        directory: String? = nil,
        standard: (input: Descriptor, output: Descriptor, error: Descriptor),
        loop: EventLoop
    ) throws(SandboxError) {
        self.loop = loop
        pid = try Spawn.start(arguments, environment: environment, directory: directory, standard: standard)
        let descriptor = clinux_pidfd_open(pid)
        guard descriptor >= 0 else {
            let error = SandboxError.lastError("cannot watch process \(pid)")
            kill(pid, SIGKILL)
            reap(waits: true)
            throw error
        }
        let watch = ExitWatch(DescriptorStream(descriptor, on: loop), self)
        loop.execute { watch.start() }
    }

    /// How the process ended; `nil` while it runs.
    var outcome: Outcome? { state.withLock { $0 } }

    /// Waits until the process has ended.
    ///
    /// Cancelling the waiting task does not end the wait.
    nonisolated(nonsending) func waitForExit() async -> Outcome {
        await ended.wait()
        return outcome ?? .exited(-1)
    }

    /// Sends a signal to the process alone, unless it has ended.
    func signal(_ number: Int32) {
        state.withLock { if $0 == nil { kill(pid, number) } }
    }

    /// Sends a signal to the whole process group, unless the process has ended.
    func signalGroup(_ number: Int32) {
        state.withLock { if $0 == nil { kill(-pid, number) } }
    }

    /// Reaps the process if it has ended.
    ///
    /// - Parameter waits: whether to wait for that first.
    /// - Returns: whether it has ended.
    @discardableResult
    fileprivate func reap(waits: Bool = false) -> Bool {
        let outcome = state.withLock { state -> Outcome? in
            if let state { return state }
            var (status, result): (Int32, pid_t) = (0, -1)
            repeat { result = waitpid(pid, &status, waits ? 0 : WNOHANG) } while result < 0 && clinux_errno() == EINTR
            if result == pid {
                let isExit = clinux_exited(status) != 0
                state = isExit ? .exited(clinux_exit_code(status)) : .signalled(clinux_term_signal(status))
            } else if result < 0 {
                // It is no longer a child: the system reaps the children of a process that ignores SIGCHLD.
                state = .exited(-1)
            }
            return state
        }
        if outcome != nil { ended.fire() }
        return outcome != nil
    }
}

/// Watches a process's descriptor, which becomes readable when the process ends.
///
/// Keeps itself alive until then.
private final class ExitWatch: ReadinessHandler, @unchecked Sendable {
    // Safe to share: after `init` it is used on the loop's thread only.
    private let stream: DescriptorStream
    private let process: ChildProcess
    private var itself: ExitWatch?

    init(_ stream: DescriptorStream, _ process: ChildProcess) {
        self.stream = stream
        self.process = process
    }

    func start() {
        itself = self
        stream.owner = self
        do { try stream.register() } catch { check() }
    }

    func signal(_ readiness: Readiness) {
        if readiness.contains(.readable) { check() }
    }

    /// Checks whether the process has ended, and if not, checks again later: the descriptor may not be watched, or a
    /// debugger may see the end first.
    private func check() {
        if process.reap() {
            stream.close()
            itself = nil
        } else {
            _ = stream.loop.schedule(after: Self.interval) { [weak self] in self?.check() }
        }
    }

    private static let interval = Duration.milliseconds(100)
}
