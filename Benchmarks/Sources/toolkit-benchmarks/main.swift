import BenchmarkFramework
import Foundation

let rounds = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 5
var configuration = ServiceConfiguration(environment: [:])
configuration.server.port = 0
configuration.logsRequests = false
let service = try await BenchmarkServiceApp(StreamService.self, configuration: configuration).start()
let daytona = try await LocalDaytona.start()
let sandbox = try await DaytonaClient(daytona.credentials).createSandbox(CreateSandboxRequest())
let client = try BenchmarkServiceClient(url: service.url, sandboxes: daytona.credentials)
let http = HTTPClient()
let health = HTTPClientRequest(.get, try HTTPURL(service.url + "/health"))

/// Sends a request repeatedly from 16 concurrent tasks, and returns the number of requests.
@Sendable func repeated(_ count: Int, _ send: @escaping @Sendable () async throws -> Void) async throws -> Int {
    try await withThrowingTaskGroup { group in
        for _ in 0..<16 { group.addTask { for _ in 0..<(count / 16) { try await send() } } }
        try await group.waitForAll()
    }
    return count / 16 * 16
}

let scenarios = [
    Scenario(name: "GET /health, 16 at a time", unit: "request") {
        try await repeated(20_000) { _ = try await http.send(health) }
    },
    Scenario(name: "POST /evaluate-response/, 16 at a time", unit: "request") {
        try await repeated(10_000) {
            _ = try await client.evaluateResponse(EvaluateResponseRequest(taskID: "lines", response: "yes"))
        }
    },
    Scenario(name: "one stream of short messages", unit: "chunk") {
        var count = 0
        for try await _ in client.setupTask("lines", instanceID: sandbox.id) { count += 1 }
        return count
    },
    Scenario(name: "output of a command, short lines", unit: "line") {
        var lines = 0
        let command = "i=0; while [ $i -lt 20000 ]; do echo log line $i; i=$((i+1)); done"
        for try await text in streamCommand(sandbox, command, cwd: "/tmp") {
            lines += text.utf8.count { $0 == UInt8(ascii: "\n") }
        }
        return lines
    },
]

var samples = scenarios.map { _ in [Sample]() }
for scenario in scenarios { _ = try await scenario.sample() }
for _ in 0..<rounds {
    for (index, scenario) in scenarios.enumerated() { samples[index].append(try await scenario.sample()) }
}
func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
for (scenario, taken) in zip(scenarios, samples) {
    let processor = median(taken.map(\.processorMicrosecondsPerUnit))
    let rate = median(taken.map(\.unitsPerSecond))
    print(
        "\(scenario.name): \(String(format: "%.2f", processor)) µs of processor time per \(scenario.unit), "
            + "\(Int(rate)) \(scenario.unit)s a second"
    )
}
await service.stop()
await daytona.shutdown()
