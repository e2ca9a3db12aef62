import BenchmarkFramework
import TestbenchBenchmarkService

var configuration = ServiceConfiguration()
// A caller that leaves a ping unanswered for longer loses its stream. Raise it for tasks that keep the runner busy.
configuration.server.webSocket.pingInterval = .seconds(30)
configuration.server.webSocket.pongTimeout = .seconds(10)

try await BenchmarkServiceApp(ExampleBenchmark.self, configuration: configuration).run()
