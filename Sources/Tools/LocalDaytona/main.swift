import BenchmarkSandbox
import BenchmarkTransport
import Glibc

/// Writes a text to a descriptor, past the buffers of the C library.
@Sendable func put(_ text: String, to descriptor: Int32) {
    var text = text
    text.withUTF8 { _ = write(descriptor, $0.baseAddress, $0.count) }
}

/// Writes a line where people and logs read it.
@Sendable func report(_ line: String) {
    put("local-daytona: \(line)\n", to: STDERR_FILENO)
}

do {
    switch try Arguments(CommandLine.arguments.dropFirst()) {
    case .help: put(Arguments.usage, to: STDOUT_FILENO)
    case .run(var configuration):
        // From here on a signal asks for an orderly end, also while the server starts.
        let signals = TerminationSignals.install()
        configuration.log = report
        let daytona = try await LocalDaytona.start(configuration)
        let values = [("API_URL", daytona.apiURL), ("API_KEY", daytona.apiKey), ("TARGET", daytona.target)]
        put(values.map { "DAYTONA_\($0)=\($1)\n" }.joined(), to: STDOUT_FILENO)
        let isolation = daytona.isolation == .namespaces ? "its own namespaces" : "only a directory of its own"
        report("each sandbox gets \(isolation)")
        daytona.reloadCertificate(on: signals, report: report)
        await signals.first.wait()
        await daytona.shutdown()
    }
} catch let error as UsageError {
    report("\(error.message)\n\n\(Arguments.usage)")
    exit(2)
} catch {
    report("\(error)")
    exit(1)
}
