public import BenchmarkTransport
public import Foundation

/// How a service is served: its address, its limits, and who may call it.
public struct ServiceConfiguration: Sendable {
    /// The HTTP server's address, limits and time-outs.
    public var server: HTTPServerConfiguration
    /// The authentication that the default ``BenchmarkService/checkAuth(_:)`` performs.
    public var authentication: BuiltInAuthentication
    /// The sandbox APIs that callers may name.
    public var sandboxURLs = AllowedSandboxURLs.any
    /// How long a stream's caller may take to send the first message if it left out the sandbox headers.
    ///
    /// That message may name the sandbox API instead; without either, the stream is closed with 1008.
    public var credentialsTimeout = Duration.seconds(5)
    /// The maximum number of threads that service code may block at a time.
    public var maxServiceThreads = 64
    /// The proxies whose `x-forwarded-proto` and `x-forwarded-for` are trusted.
    ///
    /// Addresses, networks such as `10.0.0.0/8`, `127.0.0.1` for this machine, `*` for all.
    public var trustedProxies = ["127.0.0.1"]
    /// Whether each request is logged as one line on standard error.
    public var logsRequests = true
    /// Whether `GET /metrics` reports the service's metrics.
    ///
    /// The route is for authenticated callers; if callers need no key, only for those on this machine.
    public var hasMetrics = false
    /// Whether `/docs`, `/redoc` and `/openapi.json` are public even if other routes require authentication.
    public var docsArePublic = false
    /// The lowest level that is logged.
    public var logLevel = LogLevel.info

    /// The defaults: 127.0.0.1:8001, and the settings in the environment.
    ///
    /// - Parameter environment: the environment variables. `AUTH_REQUIRED`, `BENCHMARK_API_KEY` and the `DESCOPE_`
    ///   variables determine who may call, `FORWARDED_ALLOW_IPS` lists the trusted proxies, separated by commas, and
    ///   `LOG_LEVEL` is the lowest level that is logged.
    public init(environment: [String: String] = ProcessInfo.processInfo.environment) {
        server = HTTPServerConfiguration()
        server.port = 8001
        authentication = BuiltInAuthentication(environment: environment)
        logLevel = environment["LOG_LEVEL"].flatMap { LogLevel(named: $0) } ?? .info
        if let list = environment["FORWARDED_ALLOW_IPS"] {
            trustedProxies = list.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
        }
    }
}

extension ServiceConfiguration {
    /// Returns a warning if serving at an address is dangerous, which it never is at a loopback address.
    func exposure(of address: SocketAddress) -> String? {
        if address.isLoopback || !authentication.isOpen || !sandboxURLs.isAny { return nil }
        return "\(address) can be reached from outside, BENCHMARK_API_KEY is not set, and any sandbox API is allowed: "
            + "unless the service checks its callers itself, any of them can have it connect to any address "
            + "(see --allowed-sandbox-urls)"
    }
}
