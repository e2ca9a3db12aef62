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

do {
    let logs = try options.outputDirectory.map { try LogDirectory($0) }
    let loop = EventLoopGroup.shared.next()
    let run = loop.startThrowingTask { try await Runner(options: options, logs: logs).run() }
    // A signal ends the run gracefully: its sandboxes are deleted before the process exits.
    loop.startTask {
        await signals.first.wait()
        run.cancel()
    }
    let report = try await run.value
    print(report.table)
    try logs?.write(try report.json.serialized())
    if report.isInterrupted { throw CancellationError() }
    exit(report.isComplete ? 0 : 1)
} catch {
    let wasInterrupted = signals.first.hasFired
    FileHandle.standardError.write(Data((wasInterrupted ? "interrupted\n" : "error: \(error)\n").utf8))
    exit(wasInterrupted ? 130 : 1)
}
