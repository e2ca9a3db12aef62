import BenchmarkTransport

/// What the command line of `ws-echo` asks for.
enum Options {
    case serve(HTTPServerConfiguration)
    /// Runs the cases of the fuzzing server at this address, as its client.
    case drive(HTTPURL, HTTPClientConfiguration, WebSocketConfiguration)
    case help

    static let usage = """
        usage: ws-echo [options]            a server
               ws-echo --client URL         a client of the Autobahn TestSuite's fuzzing server
        Echoes WebSocket messages at / and at /ws and below. GET /health answers 200, POST /echo with the request's body,
        GET /stats with the number of live tasks.

        \(ServerOptions.usage(port: 9001))
          --max-body-bytes N
                           the longest request body; longer ones get 413 (default 67108864)
          --ca FILE        with --client: the authorities to trust instead of the system's
          --no-deflate     neither accept nor offer permessage-deflate
          --help           this text

        """

    /// The maximum size of a message in bytes, above the usual limit: the suite sends 16 MiB and expects the echo.
    static let maxMessageBytes = 64 << 20

    init(_ arguments: some Sequence<String>) throws(UsageError) {
        var server = HTTPServerConfiguration()
        server.port = 9001
        server.webSocket.maxMessageBytes = Self.maxMessageBytes
        server.webSocket.compression = .offered
        var target: HTTPURL?
        var client = HTTPClientConfiguration()
        var reader = OptionReader(arguments)
        while let option = try reader.next() {
            switch option {
            case "--help", "-h":
                self = .help
                return
            case "--client": target = try Self.url(try reader.value())
            case "--no-deflate": server.webSocket.compression = .off
            case "--ca": client.tls.authorityFile = try reader.value()
            case "--max-body-bytes": server.limits.maxBodyBytes = try reader.number(in: 0...(1 << 40))
            default:
                guard try ServerOptions.take(option, &reader, into: &server) else {
                    throw OptionReader.unknown(option, usage: Self.usage)
                }
            }
        }
        try ServerOptions.check(server)
        self = target.map { .drive($0, client, server.webSocket) } ?? .serve(server)
    }

    private static func url(_ text: String) throws(UsageError) -> HTTPURL {
        do { return try HTTPURL(text) } catch { throw UsageError(message: "--client: \(error.message)") }
    }
}
