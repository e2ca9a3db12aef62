import BenchmarkTransport
import Foundation

/// The command-line options that every service has.
enum ServiceOptions {
    static let usage = """
        usage: \(CommandLine.arguments.first.map { ($0 as NSString).lastPathComponent } ?? "service") [options]
        \(ServerOptions.usage(port: 8001))
          --allowed-sandbox-urls URL,URL,…
                           the sandbox APIs that callers may name (default: any)
          --ws-ping-interval SECONDS
                           time between Pings to a stream's caller, 0 for none (default 20)
          --ws-ping-timeout SECONDS
                           how long the caller may stay silent after a Ping (default 20)
          --metrics        serve GET /metrics in Prometheus' text format; without authentication, to this machine only
          --docs-public    make /docs, /redoc and /openapi.json public even when other routes require a key
          --quiet          do not log each request
          --log-level debug|info|warning|error
                           the lowest level to log (default: LOG_LEVEL, else info)
          --help           this text

        environment variables, read at start:
          BENCHMARK_API_KEY
                           callers must send 'authorization: Bearer KEY'
          AUTH_REQUIRED    1, true, yes or on: callers must send 'x-descope-api-key: ACCESS KEY' instead
          DESCOPE_PROJECT_ID
                           the Descope project that issues the access keys
          DESCOPE_BASE_URI, DESCOPE_PUBLIC_KEY, DESCOPE_AUTH_MANAGEMENT_KEY
                           the address of Descope, a key of the project as a JWK, and its management key if required
          DESCOPE_AUTH_CACHE_TTL_SECONDS
                           how many seconds an accepted access key is remembered (default 300)
          DESCOPE_TIMEOUT_SECONDS
                           how many seconds a decision may take (default 60)
          FORWARDED_ALLOW_IPS
                           the proxies whose x-forwarded-proto and x-forwarded-for are trusted: addresses and
                           networks, * for all (default 127.0.0.1, this machine)
          LOG_LEVEL        as --log-level
          HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY
                           the proxies for reaching the sandbox API and Descope
          SSL_CERT_FILE, SSL_CERT_DIR
                           the certificate authorities to verify them against (default: the system's)
        """

    /// Applies the options to a configuration; prints the usage and exits on `--help` (0) or a mistake (2).
    static func parseOrExit(_ arguments: [String], into configuration: inout ServiceConfiguration) {
        do {
            if try parse(arguments, into: &configuration) { return }
            print(usage)
            exit(0)
        } catch {
            LineLog.exit(2, "\(error.message)\n\(usage)")
        }
    }

    /// Applies the options to a configuration; returns false if help was requested.
    static func parse(
        _ arguments: [String],
        into configuration: inout ServiceConfiguration,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(UsageError) -> Bool {
        if let name = environment["LOG_LEVEL"] { _ = try level(name, of: "LOG_LEVEL") }
        if let text = environment["DESCOPE_TIMEOUT_SECONDS"], !text.isEmpty, Int32(text) == nil {
            throw UsageError(message: "DESCOPE_TIMEOUT_SECONDS is a whole number of seconds, not '\(text)'")
        }
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
