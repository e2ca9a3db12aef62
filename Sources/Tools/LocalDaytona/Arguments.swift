import BenchmarkSandbox
import BenchmarkTransport

/// What the command line asks for.
enum Arguments {
    case run(LocalDaytona.Configuration)
    case help

    static let usage = """
        usage: local-daytona [options]

        Speaks the Daytona API and runs each sandbox as local processes. Ctrl-C ends it and everything it runs.

        \(ServerOptions.usage(port: 3986))
          --api-key KEY    the key that requests must carry (default: a random one)
          --isolation auto|namespaces|none
                           auto takes namespaces where the machine allows them (default auto)
          --directory PATH where to keep the files of the sandboxes (default: TMPDIR, else /tmp)
          --help           this text

        """

    init(_ arguments: some Sequence<String>) throws(UsageError) {
        var configuration = LocalDaytona.Configuration()
        var server = HTTPServerConfiguration()
        server.port = 3986
        var reader = OptionReader(arguments)
        while let option = try reader.next() {
            switch option {
            case "--help", "-h":
                self = .help
                return
            case "--api-key": configuration.apiKey = try reader.value()
            case "--isolation": configuration.isolation = try Self.isolation(try reader.value())
            case "--directory": configuration.directory = try reader.value()
            default:
                guard try ServerOptions.take(option, &reader, into: &server) else { throw OptionReader.unknown(option) }
            }
        }
        try ServerOptions.check(server)
        configuration.server = server
        self = .run(configuration)
    }

    /// Nil for what the machine allows.
    private static func isolation(_ text: String) throws(UsageError) -> Isolation? {
        switch text {
        case "auto": nil
        case "namespaces": .namespaces
        case "none": Isolation.none
        default: throw UsageError(message: "--isolation is auto, namespaces or none, not '\(text)'")
        }
    }
}
