import BenchmarkProtocol
import BenchmarkTransport

/// The two WebSocket routes of the service contract.
struct StreamEndpoints<Service: BenchmarkService>: Sendable {
    let core: ServiceCore<Service>

    var routes: [StreamRoute] {
        let service = core.service
        return [
            StreamRoute(path: "/ws/setup-task") { request, socket in
                let stream = ServedStream(core: core, request: request, socket: socket, kind: .setupTask) {
                    try await service.setupTask($0, in: $1, sandbox: $2)
                }
                await stream.serve()
            },
            StreamRoute(path: "/ws/evaluate-instance") { request, socket in
                let stream = ServedStream(core: core, request: request, socket: socket, kind: .evaluateInstance) {
                    try await service.evaluateInstance($0, in: $1, sandbox: $2)
                }
                await stream.serve()
            },
        ]
    }
}
