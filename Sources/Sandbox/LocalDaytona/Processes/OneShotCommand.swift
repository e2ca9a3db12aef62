import BenchmarkTransport
import Glibc

/// A command outside of sessions: a shell reads it from its standard input, and all output is returned as one text.
struct OneShotCommand: Sendable {
    /// The text that the shell reads.
    let text: String
    /// The API path of the directory in which the command runs.
    let directory: String
    /// The complete environment of the command.
    let environment: [String]
    /// How long it may run before its process group is killed; `nil` means no limit.
    let timeout: Duration?

    /// The outcome of a command.
    enum Outcome: Sendable, Equatable {
        /// The shell has ended and its output is closed; -1 if a signal killed it or it could not be started.
        case ended(exitCode: Int, output: [UInt8])
        /// The timeout has expired.
        case timedOut
        /// It wrote more than ``maxOutputBytes``, and was killed as after a timeout.
        case outputTooLong
    }

    /// The maximum output of a command; it is held in memory until the command has ended.
    static let maxOutputBytes = 64 * 1024 * 1024

    /// Runs the command.
    ///
    /// If the calling task is cancelled, the command is killed as after a timeout.
    nonisolated(nonsending) func run(in space: SandboxSpace, loop: EventLoop) async -> Outcome {
        // A separate task, so that everything stays on the loop's thread, whoever calls.
        let task = loop.startTask { await start(in: space, loop) }
        return await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }
    }

    private func start(in space: SandboxSpace, _ loop: EventLoop) async -> Outcome {
        do {
            _ = try space.files.openDirectory(directory)
            let (script, output) = (try Descriptor.pipe(), try Descriptor.pipe())
            let process = try space.startShell(
                in: directory,
                environment: environment,
                standard: (script.read, output.write, output.write)
            )
            script.read.close()
            output.write.close()
            let run = OneShotRun(
                process: process,
                pipe: SystemFile.target(ofLink: "/proc/self/fd/\(output.read.number)"),
                input: try .pipe(script.write, on: loop),
                output: try .pipe(output.read, on: loop),
                space: space,
                loop: loop
            )
            return await run.watch(text, timeout)
        } catch let error as FileError {
            return .ended(exitCode: -1, output: Array("chdir \(directory): \(error.message)".utf8))
        } catch {
            return .ended(exitCode: -1, output: Array("\(error)".utf8))
        }
    }
}

/// The running shell of a one-shot command.
///
/// Confined to the loop's thread.
private struct OneShotRun: Sendable {
    let process: ChildProcess
    /// What links to the pipe of the output say; `nil` if that is unknown.
    let pipe: String?
    let input: BufferedStream
    let output: BufferedStream
    let space: SandboxSpace
    let loop: EventLoop
    let isStopped = OneShotEvent()

    func watch(_ text: String, _ timeout: Duration?) async -> OneShotCommand.Outcome {
        let timer = timeout.map { loop.schedule(after: $0, stop) }
        defer { timer?.cancel() }
        input.write { $0.append(text) }
        loop.startTask {
            await input.drainCompletely()
            input.close()
        }
        return await withTaskCancellationHandler {
            await collect()
        } onCancel: {
            loop.execute { stop() }
        }
    }

    private func collect() async -> OneShotCommand.Outcome {
        var collected = [UInt8]()
        var isTooLong = false
        while await output.fillOrWait() {
            let bytes = output.input.take(output.input.count)
            isTooLong = collected.count + bytes.count > OneShotCommand.maxOutputBytes
            if isTooLong { break }
            collected += bytes
        }
        if isTooLong { kill() }
        output.close()
        let outcome = await process.waitForExit()
        input.close()
        if isTooLong { return .outputTooLong }
        if isStopped.hasFired { return .timedOut }
        let exitCode = if case .exited(let code) = outcome { Int(code) } else { -1 }
        return .ended(exitCode: exitCode, output: collected)
    }

    private func stop() {
        isStopped.fire()
        kill()
        output.close()
    }

    /// Kills the process group of the shell, even if the shell itself has ended.
    private func kill() {
        loop.startTask {
            let leader = await space.leader(of: process)
            if process.outcome == nil {
                Glibc.kill(-leader, SIGKILL)
                process.signalGroup(SIGKILL)
            }
            // Without its leader, the group is found by what it still holds open, which is what is waited for.
            _ = await process.waitForExit()
            if let pipe { await space.killLeaderlessGroups(holding: pipe) }
        }
    }
}
