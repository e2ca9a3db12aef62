import BenchmarkFramework
import BenchmarkTransport
import Foundation

/// Writes a line to standard error, and exits.
func end(_ line: String, _ exitCode: Int32) -> Never {
    FileHandle.standardError.write(Data("\(line)\n".utf8))
    exit(exitCode)
}

let signals = TerminationSignals.install()
let options: RunnerOptions
do {
    guard let parsed = try RunnerOptions.parse(Array(CommandLine.arguments.dropFirst())) else {
        print(RunnerOptions.usage)
        exit(0)
    }
    options = parsed
} catch {
    end("error: \(error.message)\n\(RunnerOptions.usage)", 2)
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
    let report: Report
    do { report = try await run.value } catch {
        if signals.first.hasFired { end("interrupted", 130) }
        throw error
    }
    print(report.table)
    try logs?.write(try report.json.serialized())
    if report.isInterrupted { end("interrupted", 130) }
    exit(report.isComplete ? 0 : 1)
} catch {
    end("error: \(error)", 1)
}
