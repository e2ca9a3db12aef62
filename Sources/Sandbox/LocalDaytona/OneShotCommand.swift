import BenchmarkTransport
import Glibc

/// A command of its own: a shell that reads the command as its standard input, and one text with all output.
struct OneShotCommand: Sendable {
    /// The text that the shell reads.
    let text: String
    /// An API path.
    let directory: String
    /// All that the command sees.
    let environment: [String]
    /// After that long the whole process group is killed; nil for never.
    let timeout: Duration?

    /// How it went.
    enum Outcome: Sendable, Equatable {
        /// The shell has ended, and nobody holds its output any more; -1 for a shell killed by a signal or not started.
        case ended(exitCode: Int, output: [UInt8])
        /// The time was up.
        case timedOut
    }

    /// The most output that is kept; what comes after is read and dropped.
    static let maxOutputBytes = 64 * 1024 * 1024

    /// Runs it. To be called on the loop's thread; nothing of it is left if the caller is cancelled.
    nonisolated(nonsending) func run(in space: SandboxSpace, loop: EventLoop) async -> Outcome {
        do {
            _ = try space.files.openDirectory(directory)
            let (script, output) = (try Descriptor.pipe(), try Descriptor.pipe())
            let process = try space.startShell(
                in: directory, environment: environment, standard: (script.read, output.write, output.write))
            script.read.close()
            output.write.close()
            return try await watch(
                process, input: .pipe(script.write, on: loop), output: .pipe(output.read, on: loop), space, loop)
        } catch let error as FileError {
            return .ended(exitCode: -1, output: Array("chdir \(directory): \(error.message)".utf8))
        } catch {
            return .ended(exitCode: -1, output: Array("\(error)".utf8))
        }
    }

    private nonisolated(nonsending) func watch(
        _ process: ChildProcess, input: BufferedStream, output: BufferedStream, _ space: SandboxSpace, _ loop: EventLoop
    ) async -> Outcome {
        let isStopped = OneShotEvent()
        let stop: @Sendable () -> Void = {
            isStopped.fire()
            let leader = space.leader(of: process)
            if process.outcome == nil {
                kill(-leader, SIGKILL)
                process.signalGroup(SIGKILL)
            }
            input.close()
            output.close()
        }
        let timer = timeout.map { loop.schedule(after: $0, stop) }
        defer { timer?.cancel() }
        // Nobody may ever read the script, and that is no reason to give up.
        input.writeStallLimit = .seconds(10 * 365 * 86_400)
        input.write { $0.append(text) }
        loop.startTask {
            await input.drainCompletely()
            input.close()
        }
        return await withTaskCancellationHandler {
            var collected = [UInt8]()
            while await output.fillOrWait() {
                let bytes = output.input.take(output.input.count)
                collected += bytes.prefix(max(0, Self.maxOutputBytes - collected.count))
            }
            output.close()
            let outcome = await process.waitForExit()
            input.close()
            if isStopped.hasFired { return .timedOut }
            let exitCode = if case .exited(let code) = outcome { Int(code) } else { -1 }
            return .ended(exitCode: exitCode, output: collected)
        } onCancel: {
            loop.execute(stop)
        }
    }
}
