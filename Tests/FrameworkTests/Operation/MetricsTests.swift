import BenchmarkFramework
import BenchmarkProtocol
import Glibc
import TestSupport
import Testing

@testable import BenchmarkFramework

@Suite("A service's metrics")
struct MetricsTests {
    @Test("metrics are written in Prometheus' text format, version 0.0.4")
    func format() {
        let registry = MetricRegistry([
            .init("a_total", .counter, "Things."), .init("b", .gauge, "Level."),
            .init("c_seconds", .histogram([0.5, 1]), "Times."),
        ])
        registry.add(1, to: "a_total", ["path": "/\"\\\n"])
        registry.add(2, to: "a_total", ["path": "/"])
        registry.add(1, to: "unknown")
        registry.set("b", to: 1.5)
        for time in [0.25, 0.75, 3] { registry.observe(time, in: "c_seconds", ["route": "/"]) }
        #expect(
            registry.text == #"""
                # HELP a_total Things.
                # TYPE a_total counter
                a_total{path="/"} 2
                a_total{path="/\"\\\n"} 1
                # HELP b Level.
                # TYPE b gauge
                b 1.5
                # HELP c_seconds Times.
                # TYPE c_seconds histogram
                c_seconds_bucket{route="/",le="0.5"} 1
                c_seconds_bucket{route="/",le="1"} 2
                c_seconds_bucket{route="/",le="+Inf"} 3
                c_seconds_sum{route="/"} 4
                c_seconds_count{route="/"} 3

                """#
        )
    }

    private func metrics(_ running: RunningService, key: String? = nil, forwardedFor client: String? = nil) async throws
        -> (status: Int, text: String)
    {
        var request = HTTPClientRequest(.get, try HTTPURL(running.url + "/metrics"))
        if let key { request.fields.set(.authorization, "Bearer \(key)") }
        if let client { request.fields.set(.xForwardedFor, client) }
        let result = try await directClient().send(request)
        return (result.status, result.text)
    }

    @Test("/metrics exists only if it is enabled, and needs the key")
    func access() async throws {
        try await withSampleService { running in
            let off = try await metrics(running)
            #expect(off.status == 404)
        }
        try await withSampleService(apiKey: "secret", configure: { $0.hasMetrics = true }) { running in
            let (without, with) = (try await metrics(running), try await metrics(running, key: "secret"))
            #expect(without.status == 401)
            #expect(with.status == 200)
            #expect(with.text.contains(#"benchmark_auth_total{outcome="refused"} 1"#))
        }
    }

    @Test(
        "without a key only this machine may read the metrics, and not those who ask through a proxy on it",
        arguments: [["127.0.0.1"], ["*"], []]
    )
    func machineOnly(_ trusted: [String]) async throws {
        try await withSampleService(configure: { ($0.hasMetrics, $0.trustedProxies) = (true, trusted) }) { running in
            for (client, status) in [(nil, 200), ("127.0.0.1", 401), ("198.51.100.7, 127.0.0.1", 401)] {
                let answer = try await metrics(running, forwardedFor: client)
                #expect(answer.status == status)
            }
        }
    }

    @Test(
        "without a key nobody from elsewhere may read the metrics, whatever the forwarded address claims",
        .enabled(if: addressElsewhere != nil, "this machine has loopback addresses only")
    )
    func fromElsewhere() async throws {
        let address = try #require(Self.addressElsewhere)
        func configure(_ configuration: inout ServiceConfiguration) {
            (configuration.hasMetrics, configuration.server.host) = (true, address)
            configuration.trustedProxies = ["*"]
        }
        try await withSampleService(configure: configure) { running in
            for client in [nil, "127.0.0.1"] {
                let answer = try await metrics(running, forwardedFor: client)
                #expect(answer.status == 401)
            }
        }
    }

    /// An address of this machine that others can reach; `nil` without a network.
    private static let addressElsewhere: String? = {
        var first: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&first) == 0 else { return nil }
        defer { freeifaddrs(first) }
        return sequence(first: first) { $0?.pointee.ifa_next }.lazy.compactMap { $0?.pointee.ifa_addr }
            .filter { $0.pointee.sa_family == UInt16(AF_INET) }
            .compactMap { address in
                var host = [CChar](repeating: 0, count: Int(NI_MAXHOST))
                let length = socklen_t(MemoryLayout<sockaddr_in>.size)
                guard getnameinfo(address, length, &host, socklen_t(host.count), nil, 0, NI_NUMERICHOST) == 0 else {
                    return nil
                }
                return String(decoding: host.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            }
            .first { !$0.hasPrefix("127.") }
    }()

    @Test("requests are counted by route, never by a path that a caller makes up")
    func requests() async throws {
        try await withSampleService(configure: { $0.hasMetrics = true }) { running in
            let client = directClient()
            for path in ["/health", "/health", "/made-up/1", "/made-up/2", "/verify-task-ids"] {
                _ = try await client.send(HTTPClientRequest(.get, try HTTPURL(running.url + path)))
            }
            let text = try await metrics(running).text
            #expect(text.contains(#"benchmark_requests_total{route="/health",method="GET",status="200"} 2"#))
            #expect(text.contains(#"benchmark_requests_total{route="other",method="GET",status="404"} 2"#))
            #expect(text.contains(#"benchmark_request_seconds_count{route="/verify-task-ids"} 1"#))
            #expect(!text.contains("made-up"))
            for name in ["process_resident_memory_bytes", "process_open_fds", "process_cpu_seconds_total"] {
                let line = text.split(separator: "\n").first { $0.hasPrefix("\(name) ") }
                #expect(line.flatMap { Double($0.dropFirst(name.utf8.count + 1)) } ?? 0 > 0)
            }
        }
    }

    @Test("streams, chunks and sandboxes are counted")
    func streams() async throws {
        let chunks: [StreamChunk] = [.message("a"), .message("b"), .result([:])]
        let tasks: Dataset<SampleService.Item> = [
            "t": .stream(chunks), "bad": .stream([.message("a")], throwing: SomeError()),
        ]
        try await withSampleStreams(custom: tasks, configure: { $0.hasMetrics = true }) { client, running in
            for (task, instance) in [("t", StubDaytona.sandboxID), ("bad", StubDaytona.sandboxID), ("t", "nope")] {
                for try await _ in client.setupTask(task, instanceID: instance, dataset: "custom") {}
            }
            // What is counted after the Close may show up a moment later.
            var text = ""
            while !text.contains(#"benchmark_streams_total{route="/ws/setup-task",outcome="failed"} 2"#) {
                text = try await metrics(running).text
            }
            for line in [
                #"benchmark_streams_total{route="/ws/setup-task",outcome="done"} 1"#,
                #"benchmark_open_streams{route="/ws/setup-task"} 0"#,
                #"benchmark_chunks_total{route="/ws/setup-task",type="message"} 3"#,
                #"benchmark_chunks_total{route="/ws/setup-task",type="result"} 1"#,
                #"benchmark_chunks_total{route="/ws/setup-task",type="error"} 2"#,
                #"benchmark_sandboxes_total{outcome="done"} 2"#, #"benchmark_sandboxes_total{outcome="failed"} 1"#,
                #"benchmark_requests_total{route="/ws/setup-task",method="GET",status="101"} 3"#,
            ] {
                #expect(text.contains(line), "\(line)")
            }
        }
    }
}
