public import BenchmarkTransport
public import Foundation

/// How a service is served: the address, the limits, who may call.
public struct ServiceConfiguration: Sendable {
    /// The HTTP server's address, limits and times.
    public var server: HTTPServerConfiguration
    /// What ``BenchmarkService/checkAuth(_:)`` does unless the service brings its own.
    public var authentication: BuiltInAuthentication
    /// The sandbox APIs that callers may name.
    public var sandboxURLs = AllowedSandboxURLs.any
    /// How long a stream's caller that has left out the sandbox headers may take to send the first message, which may
    /// name the sandbox API instead; without either it is closed with 1008.
    public var credentialsTimeout = Duration.seconds(5)
    /// The most threads that service code may block at a time.
    public var maxServiceThreads = 64
    /// The proxies whose `x-forwarded-proto` and `x-forwarded-for` are believed: addresses, networks such as `10.0.0.0/8`,
    /// `127.0.0.1` for this machine, `*` for all.
    public var trustedProxies = ["127.0.0.1"]
    /// Whether each request is logged with one line on standard error.
    public var logsRequests = true
    /// Whether `GET /metrics` tells what the service counts about itself, to authenticated callers; where callers need no
    /// key, only to those on this machine.
    public var hasMetrics = false
    /// Whether `/docs`, `/redoc` and `/openapi.json` are for everybody, whatever the authentication says.
    public var docsArePublic = false
    /// What the log leaves out: all that matters less.
    public var logLevel = LogLevel.info

    /// The service's defaults: 127.0.0.1:8001, and what the environment says.
    ///
    /// - Parameter environment: `AUTH_REQUIRED`, `BENCHMARK_API_KEY` and the `DESCOPE_` variables say who may call,
    ///   `FORWARDED_ALLOW_IPS` which proxies are trusted, separated by commas, `LOG_LEVEL` what the log leaves out.
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
    /// What is dangerous about serving at an address, if anything; nil for a loopback address.
    func exposure(of address: SocketAddress) -> String? {
        if address.isLoopback || !authentication.isOpen || !sandboxURLs.isAny { return nil }
        return "\(address) can be reached from outside, BENCHMARK_API_KEY is not set, and any sandbox API is allowed: "
            + "unless the service checks its callers itself, any of them can have it connect to any address "
            + "(see --allowed-sandbox-urls)"
    }
}
