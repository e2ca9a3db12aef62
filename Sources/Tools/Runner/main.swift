import BenchmarkFramework
import BenchmarkTransport
import Foundation

let signals = TerminationSignals.install()
let options: RunnerOptions
do {
    guard let parsed = try RunnerOptions.parse(Array(CommandLine.arguments.dropFirst())) else {
        print(RunnerOptions.usage)
        exit(0)
    }
    options = parsed
} catch {
    FileHandle.standardError.write(Data("error: \(error.message)\n\(RunnerOptions.usage)\n".utf8))
    exit(2)
}

let loop = EventLoopGroup.shared.next()
let run = loop.startThrowingTask { [options] in try await Runner(options: options).run() }
// A signal ends the run gracefully: its sandboxes are deleted before the process exits.
loop.startTask {
    await signals.first.wait()
    run.cancel()
}
do {
    let report = try await run.value
    print(report.table)
    exit(report.outcomes.contains { $0.failure != nil } ? 1 : 0)
} catch {
    let wasInterrupted = signals.first.hasFired
    FileHandle.standardError.write(Data((wasInterrupted ? "interrupted\n" : "error: \(error)\n").utf8))
    exit(wasInterrupted ? 130 : 1)
}
