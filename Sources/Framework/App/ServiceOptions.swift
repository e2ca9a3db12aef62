import BenchmarkTransport
import Foundation

/// The command-line options every service has.
enum ServiceOptions {
    static let usage = """
        usage: \(CommandLine.arguments.first.map { ($0 as NSString).lastPathComponent } ?? "service") [options]
        \(ServerOptions.usage(port: 8001))
          --allowed-sandbox-urls URL,URL,…
                           the sandbox APIs that callers may name (default: any)
          --ws-ping-interval SECONDS
                           how often a stream's caller is pinged, 0 for never (default 20)
          --ws-ping-timeout SECONDS
                           how long it may stay silent after that (default 20)
          --metrics        GET /metrics, in Prometheus' text format; without BENCHMARK_API_KEY for this machine only
          --docs-public    /docs, /redoc and /openapi.json for everybody, also where the rest needs a key
          --quiet          no line per request
          --log-level debug|info|warning|error
                           the least important level that is logged (default: LOG_LEVEL, else info)
          --help           this text

        environment, read once:
          BENCHMARK_API_KEY
                           callers send 'authorization: Bearer KEY'
          AUTH_REQUIRED    1, true, yes or on: callers send 'x-descope-api-key: ACCESS KEY' instead
          DESCOPE_PROJECT_ID
                           the project of the access keys
          DESCOPE_BASE_URI, DESCOPE_PUBLIC_KEY, DESCOPE_AUTH_MANAGEMENT_KEY
                           where Descope is, a key of the project as a JWK, and the management key if it wants one
          DESCOPE_AUTH_CACHE_TTL_SECONDS
                           how long an accepted access key is not asked about again (default 300)
          DESCOPE_TIMEOUT_SECONDS
                           how long a decision may take (default 60)
          FORWARDED_ALLOW_IPS
                           the proxies whose x-forwarded-proto and x-forwarded-for are believed: addresses and
                           networks, * for all (default 127.0.0.1, which is this machine)
          LOG_LEVEL        as --log-level
          HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY
                           how the sandbox API and Descope are reached
          SSL_CERT_FILE, SSL_CERT_DIR
                           the certificate authorities they are verified against (default: the system's)
        """

    /// Puts the options into a configuration; prints and exits on `--help` (0) or a mistake (2).
    static func parseOrExit(_ arguments: [String], into configuration: inout ServiceConfiguration) {
        do {
            if try parse(arguments, into: &configuration) { return }
            print(usage)
            exit(0)
        } catch {
            LineLog.exit(2, "\(error.message)\n\(usage)")
        }
    }

    /// False if help was asked for.
    static func parse(
        _ arguments: [String],
        into configuration: inout ServiceConfiguration,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(UsageError) -> Bool {
        if let name = environment["LOG_LEVEL"] { _ = try level(name, of: "LOG_LEVEL") }
        var reader = OptionReader(arguments)
        while let option = try reader.next() {
            switch option {
            case "--help", "-h": return false
            case "--quiet": configuration.logsRequests = false
            case "--metrics": configuration.hasMetrics = true
            case "--docs-public": configuration.docsArePublic = true
            case "--log-level": configuration.logLevel = try level(try reader.value(), of: option)
            case "--allowed-sandbox-urls":
                let list = try reader.value()
                do { configuration.sandboxURLs = try AllowedSandboxURLs(list: list) } catch {
                    throw UsageError(message: "--allowed-sandbox-urls: \(error.message)")
                }
            case "--ws-ping-interval":
                let interval = try reader.seconds()
                configuration.server.webSocket.pingInterval = interval == .zero ? nil : interval
            case "--ws-ping-timeout": configuration.server.webSocket.pongTimeout = try reader.seconds()
            default:
                guard try ServerOptions.take(option, &reader, into: &configuration.server) else {
                    throw OptionReader.unknown(option, usage: usage)
                }
            }
        }
        do { _ = try TrustedProxies(configuration.trustedProxies) } catch {
            throw UsageError(message: "FORWARDED_ALLOW_IPS: \(error)")
        }
        try ServerOptions.check(configuration.server)
        return true
    }

    private static func level(_ name: String, of setting: String) throws(UsageError) -> LogLevel {
        guard let level = LogLevel(named: name) else {
            throw UsageError(message: "\(setting) is debug, info, warning or error, not '\(name)'")
        }
        return level
    }
}
