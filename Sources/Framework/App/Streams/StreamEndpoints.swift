import BenchmarkTransport

/// The two streams of the service contract.
struct StreamEndpoints<Service: BenchmarkService>: Sendable {
    let core: ServiceCore<Service>

    /// Their WebSocket routes.
    var routes: [StreamRoute] {
        let (setup, evaluation) = (setup, evaluation)
        return [
            StreamRoute(path: "/ws/setup-task") {
                await WebSocketStream(request: $0, socket: $1, producer: setup).serve()
            },
            StreamRoute(path: "/ws/evaluate-instance") {
                await WebSocketStream(request: $0, socket: $1, producer: evaluation).serve()
            },
        ]
    }

    /// Their routes for the documentation page.
    var pageRoutes: [Route] {
        let (setup, evaluation) = (setup, evaluation)
        return [
            Route(method: .post, path: "/docs/stream/setup-task") {
                try await HTTPStream(request: $0, producer: setup).response()
            },
            Route(method: .post, path: "/docs/stream/evaluate-instance") {
                try await HTTPStream(request: $0, producer: evaluation).response()
            },
        ]
    }

    private var setup: ChunkProducer<Service, Service.SetupStream> {
        ChunkProducer(core: core, kind: .setupTask) { [service = core.service] in
            try await service.setupTask($0, in: $1, sandbox: $2)
        }
    }

    private var evaluation: ChunkProducer<Service, Service.EvaluationStream> {
        ChunkProducer(core: core, kind: .evaluateInstance) { [service = core.service] in
            try await service.evaluateInstance($0, in: $1, sandbox: $2)
        }
    }
}
