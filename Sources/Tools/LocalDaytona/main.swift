import BenchmarkSandbox
import BenchmarkTransport
import Glibc

/// Writes text to standard output, bypassing the buffers of the C library.
func put(_ text: String) {
    var text = text
    text.withUTF8 { _ = write(STDOUT_FILENO, $0.baseAddress, $0.count) }
}

/// Writes a line to standard error.
@Sendable func report(_ line: String) { StandardError.write("local-daytona: \(line)") }

do {
    switch try Arguments(CommandLine.arguments.dropFirst()) {
    case .help: put(Arguments.usage)
    case .run(var configuration):
        // From here on, a signal asks for a graceful stop, even while the server is starting.
        let signals = TerminationSignals.install()
        configuration.log = report
        let daytona = try await LocalDaytona.start(configuration)
        let values = [("API_URL", daytona.apiURL), ("API_KEY", daytona.apiKey), ("TARGET", daytona.target)]
        put(values.map { "DAYTONA_\($0)=\($1)\n" }.joined())
        let isolation = daytona.isolation == .namespaces ? "its own namespaces" : "only a directory of its own"
        report("each sandbox gets \(isolation)")
        daytona.reloadCertificate(on: signals, report: report)
        await signals.stop(telling: report) { await daytona.shutdown() }
    }
} catch let error as UsageError {
    report("\(error.message)\n\n\(Arguments.usage)")
    exit(2)
} catch {
    report("\(error)")
    exit(1)
}
