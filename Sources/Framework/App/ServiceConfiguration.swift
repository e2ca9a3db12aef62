public import BenchmarkTransport
public import Foundation

/// How a service is served: the address, the limits, who may call.
public struct ServiceConfiguration: Sendable {
    /// The HTTP server's address, limits and times.
    public var server: HTTPServerConfiguration
    /// What ``BenchmarkService/checkAuth(_:)`` does unless the service brings its own.
    public var authentication: BuiltInAuthentication
    /// The most threads that service code may block at a time.
    public var maxServiceThreads = 64
    /// Addresses of proxies whose `x-forwarded-proto` is believed, besides this machine's own; `*` for all.
    public var trustedProxies: [String] = []
    /// Whether each request is logged with one line on standard error.
    public var logsRequests = true

    /// The service's defaults: 127.0.0.1:8001, and what the environment says.
    ///
    /// - Parameter environment: `BENCHMARK_API_KEY` is the static key, `FORWARDED_ALLOW_IPS` the trusted proxies,
    ///   separated by commas.
    public init(environment: [String: String] = ProcessInfo.processInfo.environment) {
        server = HTTPServerConfiguration()
        server.port = 8001
        authentication = BuiltInAuthentication(apiKey: environment["BENCHMARK_API_KEY"])
        trustedProxies = (environment["FORWARDED_ALLOW_IPS"] ?? "").split(separator: ",").map {
            $0.trimmingCharacters(in: .whitespaces)
        }
    }
}
