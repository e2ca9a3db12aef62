import BenchmarkTransport

/// An HTTP route: the handler of a method on a path.
struct Route: Sendable {
    let method: HTTPMethod
    let path: String
    let handle: @Sendable (HTTPServerRequest) async throws -> HTTPServerResponse
}

/// A WebSocket route.
struct StreamRoute: Sendable {
    let path: String
    let handle: @Sendable (HTTPServerRequest, WebSocketConnection) async -> Void
}

/// A route that the service's author added.
struct CustomRoute: Sendable {
    let method: HTTPMethod
    let path: String
    let summary: String?
    let isNonBlocking: Bool
    let handler: @Sendable (HTTPServerRequest) async throws -> HTTPServerResponse

    func route(_ call: ServiceCaller) -> Route {
        let (handler, target) = (handler, isNonBlocking ? nil : call.executor)
        return Route(method: method, path: path) { request in
            try await call.entering(target) { try await handler(request) }
        }
    }

    var operation: Operation {
        Operation(
            method: method,
            path: path,
            summary: summary ?? "A route of this service's own.",
            result: nil
        )
    }
}
