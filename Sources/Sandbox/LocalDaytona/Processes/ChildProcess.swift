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
        /// It exited with that code.
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
            reap()
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

    /// Reaps the process, after waiting for its exit if necessary.
    fileprivate func reap() {
        let outcome = state.withLock { state -> Outcome? in
            if let state { return state }
            var status: Int32 = 0
            guard waitpid(pid, &status, 0) == pid else { return nil }
            let isExit = clinux_exited(status) != 0
            state = isExit ? .exited(clinux_exit_code(status)) : .signalled(clinux_term_signal(status))
            return state
        }
        if outcome != nil { ended.fire() }
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
        do { try stream.register() } catch { signal(.readable) }
    }

    func signal(_ readiness: Readiness) {
        guard readiness.contains(.readable) else { return }
        process.reap()
        stream.close()
        itself = nil
    }
}
