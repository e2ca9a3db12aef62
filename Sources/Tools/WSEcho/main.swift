import BenchmarkTransport
import Glibc

/// Writes a line to standard error.
@Sendable func report(_ line: String) { StandardError.write("ws-echo: \(line)") }

do {
    switch try Options(CommandLine.arguments.dropFirst()) {
    case .help: print(Options.usage, terminator: "")
    case .drive(let url, let configuration, let webSocket):
        try await FuzzingClient(url: url, client: HTTPClient(configuration: configuration), webSocket: webSocket).run()
    case .serve(let configuration):
        let signals = TerminationSignals.install()
        DescriptorLimit.raise(for: configuration)
        let responder = EchoResponder(maxBodyBytes: configuration.limits.maxBodyBytes)
        let server = HTTPServer(configuration: configuration, responder: responder)
        let address = try await server.start()
        report("serving on \(configuration.url(of: address))")
        server.reloadCertificate(on: signals, report: report)
        await signals.stop(telling: report) { await server.shutDown() }
    }
} catch let error as UsageError {
    report("\(error.message)\n\n\(Options.usage)")
    exit(2)
} catch {
    report("\(error)")
    exit(1)
}
