import BenchmarkProtocol
import BenchmarkTransport
import Glibc

/// The metrics of a service, for `GET /metrics`.
struct ServiceMetrics: Sendable {
    private let registry = MetricRegistry([
        .init("benchmark_requests_total", .counter, "Requests by route, method and status."),
        .init(
            "benchmark_request_seconds",
            .histogram([0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10, 60]),
            "Time to the response, by route; streams excepted."
        ),
        .init("benchmark_auth_total", .counter, "Decisions about callers, by outcome."),
        .init("benchmark_open_streams", .gauge, "Streams that are open, by route."),
        .init("benchmark_streams_total", .counter, "Streams that have ended, by route and outcome."),
        .init("benchmark_chunks_total", .counter, "Chunks sent, by route and type."),
        .init("benchmark_chunk_bytes_total", .counter, "Bytes of chunks sent, by route."),
        .init("benchmark_sandboxes_total", .counter, "Sandboxes looked up for streams, by outcome."),
        .init("process_cpu_seconds_total", .counter, "Processor time of the process."),
        .init("process_resident_memory_bytes", .gauge, "Resident memory of the process."),
        .init("process_open_fds", .gauge, "Open descriptors of the process."),
    ])

    /// How something ended.
    enum Outcome: String {
        /// As intended.
        case done
        /// With an error.
        case failed
        /// With a refusal.
        case refused
        /// Early, because the peer left.
        case left
    }

    /// Counts a request that has been answered.
    ///
    /// - Parameter route: one of the service's routes, or `other`: paths that callers make up must not become labels.
    func request(_ route: String, _ method: HTTPMethod, _ status: HTTPStatus, _ duration: Duration) {
        let known = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"].contains(method.rawValue)
        let labels: MetricRegistry.Labels = [
            "route": route, "method": known ? method.rawValue : "other", "status": "\(status.code)",
        ]
        registry.add(1, to: "benchmark_requests_total", labels)
        if status == .switchingProtocols { return }
        let seconds = Double(duration.nanoseconds) / 1e9
        registry.observe(seconds, in: "benchmark_request_seconds", ["route": route])
    }

    /// Counts a decision about a caller.
    func authentication(_ outcome: Outcome) {
        registry.add(1, to: "benchmark_auth_total", ["outcome": outcome.rawValue])
    }

    /// Counts a stream that starts.
    func streamBegins(_ route: String) { registry.add(1, to: "benchmark_open_streams", ["route": route]) }

    /// Counts a stream that has ended.
    func streamEnds(_ route: String, _ outcome: Outcome) {
        registry.add(-1, to: "benchmark_open_streams", ["route": route])
        registry.add(1, to: "benchmark_streams_total", ["route": route, "outcome": outcome.rawValue])
    }

    /// Counts a chunk that has been sent.
    func chunk(_ route: String, _ chunk: StreamChunk, byteCount: Int) {
        let type =
            switch chunk {
            case .message: "message"
            case .error: "error"
            case .result: "result"
            case .other: "other"
            }
        registry.add(1, to: "benchmark_chunks_total", ["route": route, "type": type])
        registry.add(Double(byteCount), to: "benchmark_chunk_bytes_total", ["route": route])
    }

    /// Counts the lookup of a sandbox.
    func sandbox(_ outcome: Outcome) { registry.add(1, to: "benchmark_sandboxes_total", ["outcome": outcome.rawValue]) }

    /// Returns the response to `GET /metrics`.
    ///
    /// The facts about the process are read on a thread that may block: listing many descriptors takes long.
    func response() async throws -> HTTPServerResponse {
        var usage = rusage()
        // RUSAGE_SELF, which is 0 on Linux.
        getrusage(__rusage_who_t(0), &usage)
        let micros = usage.ru_utime.tv_usec + usage.ru_stime.tv_usec
        let seconds = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec
        registry.set("process_cpu_seconds_total", to: Double(seconds) + Double(micros) / 1e6)
        let process = try await ServiceExecutor.system.run { ProcessFacts() }
        registry.set("process_resident_memory_bytes", to: Double(process.residentBytes))
        registry.set("process_open_fds", to: Double(process.descriptorCount))
        return HTTPServerResponse(
            status: .ok,
            fields: [(.contentType, "text/plain; version=0.0.4; charset=utf-8")],
            body: .bytes(Array(registry.text.utf8))
        )
    }
}

/// What the kernel says about this process (proc(5)).
private struct ProcessFacts {
    let residentBytes: Int
    let descriptorCount: Int

    init() {
        var text = [UInt8](repeating: 0, count: 256)
        let file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
        let count = read(file, &text, text.count)
        close(file)
        let fields = String(decoding: text.prefix(max(0, count)), as: UTF8.self).split(separator: " ")
        residentBytes = (fields.count > 1 ? Int(fields[1]) ?? 0 : 0) * Int(getpagesize())
        var descriptors = 0
        if let folder = opendir("/proc/self/fd") {
            while readdir(folder) != nil { descriptors += 1 }
            closedir(folder)
        }
        // Without `.`, `..`, and the descriptor of the folder itself.
        descriptorCount = max(0, descriptors - 3)
    }
}
