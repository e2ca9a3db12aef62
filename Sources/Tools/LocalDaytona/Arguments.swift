import BenchmarkSandbox

/// What the command line asks for.
enum Arguments {
    case run(LocalDaytona.Configuration)
    case help
    /// It cannot be understood, for this reason.
    case invalid(String)

    static let usage = """
        usage: local-daytona [--host ADDRESS] [--port PORT] [--api-key KEY]
                             [--isolation auto|namespaces|none] [--directory PATH]

        Speaks the Daytona API and runs each sandbox as local processes. Ctrl-C ends it and everything it runs.

          --host ADDRESS    the address to listen on (127.0.0.1)
          --port PORT       the port to listen on; 0 for any free one (3986)
          --api-key KEY     the key that requests must carry (a random one)
          --isolation KIND  auto takes namespaces where the machine allows them (auto)
          --directory PATH  where to keep the files of the sandboxes (TMPDIR, else /tmp)

        """

    init(_ arguments: some Sequence<String>) {
        var configuration = LocalDaytona.Configuration()
        configuration.port = 3986
        var rest = Array(arguments)[...]
        while let option = rest.popFirst() {
            if option == "--help" || option == "-h" {
                self = .help
                return
            }
            let parts = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard let name = parts.first, Self.names.contains(name) else {
                self = .invalid("unknown argument '\(option)'")
                return
            }
            guard let value = parts.count == 2 ? parts[1] : rest.popFirst(), !value.isEmpty else {
                self = .invalid("\(name) needs a value")
                return
            }
            guard Self.set(name, value, in: &configuration) else {
                self = .invalid("\(name) cannot be '\(value)'")
                return
            }
        }
        self = .run(configuration)
    }

    private static let names = ["--host", "--port", "--api-key", "--isolation", "--directory"]

    private static func set(_ name: String, _ value: String, in configuration: inout LocalDaytona.Configuration) -> Bool
    {
        switch (name, value) {
        case ("--host", _): configuration.host = value
        case ("--port", _):
            guard let port = UInt16(value) else { return false }
            configuration.port = port
        case ("--api-key", _): configuration.apiKey = value
        case ("--directory", _): configuration.directory = value
        case ("--isolation", "auto"): configuration.isolation = nil
        case ("--isolation", "namespaces"): configuration.isolation = .namespaces
        case ("--isolation", "none"): configuration.isolation = Isolation.none
        default: return false
        }
        return true
    }
}
