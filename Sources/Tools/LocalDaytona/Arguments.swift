import BenchmarkSandbox
import BenchmarkTransport

/// What the command line asks for.
enum Arguments {
    case run(LocalDaytona.Configuration)
    case help

    static let usage = """
        usage: local-daytona [options]

        Serves the Daytona API and runs each sandbox as local processes. Ctrl-C stops it and everything it runs.

        \(ServerOptions.usage(port: 3986))
          --api-key KEY    the key that requests must carry (default: a random one)
          --isolation auto|namespaces|none
                           auto uses namespaces where the machine allows them (default auto)
          --limits auto|cgroup2|cgroup1|rlimits|none
                           how resource limits of sandboxes are enforced (default auto: the best that works)
          --max-processes N
                           the most processes of a sandbox with such limits (default 4096)
          --directory PATH where to keep the sandboxes' files (default: TMPDIR, else /tmp)
          --fault FAULT    a fault to inject; may be repeated:
                           KIND[=VALUE][,code=N][,route=PATH][,method=M][,times=N][,probability=P]
                           log streams: close-after=BYTES drop-final never-close stall=MS delay=MS split=BYTES
                             split-at-marker text-messages no-pong refuse-upgrade=STATUS
                           requests: status=STATUS reset reset-after delay-answer=MS empty-errors
                           commands: late-exit-code=MS lost-command
          --fault-seed N   the seed for random faults (default 0)
          --help           this text

        GET, PUT and DELETE /faults, with the key, show, replace and remove the faults of a running server.

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
            case "--fault":
                let text = try reader.value()
                do { configuration.faults.faults.append(try Fault(parsing: text)) } catch {
                    throw UsageError(message: "--fault: \(error)")
                }
            case "--fault-seed": configuration.faults.seed = UInt64(try reader.number(in: 0...Int.max))
            case "--limits":
                let text = try reader.value()
                configuration.limits = LimitMechanism(rawValue: text)
                guard configuration.limits != nil || text == "auto" else {
                    throw UsageError(message: "--limits is auto, cgroup2, cgroup1, rlimits or none, not '\(text)'")
                }
            case "--max-processes": configuration.maxProcesses = try reader.number(in: 1...1_000_000)
            case "--directory": configuration.directory = try reader.value()
            default:
                guard try ServerOptions.take(option, &reader, into: &server) else {
                    throw OptionReader.unknown(option, usage: Self.usage)
                }
            }
        }
        try ServerOptions.check(server)
        configuration.server = server
        self = .run(configuration)
    }

    /// Returns the isolation that a name means; `nil` for whatever the machine allows.
    private static func isolation(_ text: String) throws(UsageError) -> Isolation? {
        switch text {
        case "auto": nil
        case "namespaces": .namespaces
        case "none": Isolation.none
        default: throw UsageError(message: "--isolation is auto, namespaces or none, not '\(text)'")
        }
    }
}
