import BenchmarkTransport
import Glibc

/// Writes a line where people and logs read it, past the buffers of the C library; not if nobody reads, so that the
/// program can be stopped then.
@Sendable func report(_ line: String) {
    var text = "ws-echo: \(line)\n"
    var output = pollfd(fd: STDERR_FILENO, events: Int16(POLLOUT), revents: 0)
    if poll(&output, 1, 0) == 1 { text.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) } }
}

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
