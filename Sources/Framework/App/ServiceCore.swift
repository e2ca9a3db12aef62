import BenchmarkSandbox
import BenchmarkTransport

/// The parts that the endpoints share: the service, its datasets, the way to call it, and the connections to sandboxes.
struct ServiceCore<Service: BenchmarkService>: Sendable {
    let service: Service
    let datasets: Datasets<Service.Item>
    let call: ServiceCaller
    let sandboxURLs: AllowedSandboxURLs
    let proxies: TrustedProxies
    let log: ServiceLog
    /// How long a stream's caller without the sandbox headers may take to send the first message.
    let credentialsTimeout: Duration
    /// The metrics; `nil` if they are not served.
    let metrics: ServiceMetrics?
    let sandboxes = HTTPClient(configuration: DaytonaClient.httpConfiguration)

    /// Returns the log fields that describe a request.
    func about(_ request: HTTPServerRequest) -> ServiceLog.Fields {
        let client = proxies.client(request.head.fields, from: request.peer)
        return [
            ("client", .string(client.host)), ("path", .string(request.head.rawPath)),
            ("request_id", request.head.fields[RequestID.field].map { .string($0) } ?? .null),
        ]
    }
}
