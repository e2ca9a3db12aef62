public import BenchmarkTransport

/// A control plane that knows only one sandbox, which is enough to start a stream.
public struct StubDaytona: HTTPResponder {
    /// The id of the only sandbox.
    public static let sandboxID = "sandbox-1"
    private let server: String

    /// Creates a control plane whose sandbox has its toolbox at an address.
    public init(toolbox: String = "http://127.0.0.1:9/toolbox") { server = toolbox }

    /// Describes the sandbox, and answers anything else with 404.
    public nonisolated(nonsending) func respond(to request: HTTPServerRequest) async -> HTTPServerResponse {
        let json = HTTPFields([(.contentType, "application/json")])
        guard request.head.path == "/api/sandbox/\(Self.sandboxID)" else {
            let body = #"{"statusCode":404,"error":"Not Found","message":"Sandbox with ID or name nope not found"}"#
            return HTTPServerResponse(status: .notFound, fields: json, body: .bytes(Array(body.utf8)))
        }
        let body = #"{"id":"\#(Self.sandboxID)","state":"started","toolboxProxyUrl":"\#(server)"}"#
        return HTTPServerResponse(status: .ok, fields: json, body: .bytes(Array(body.utf8)))
    }
}

/// Serves a responder on a free port while a closure runs, which gets the server's URL.
public func withServer<R: Sendable>(
    _ responder: any HTTPResponder,
    configuration: HTTPServerConfiguration = HTTPServerConfiguration(),
    _ body: (String) async throws -> R
) async throws -> R {
    let server = HTTPServer(configuration: configuration, responder: responder)
    let address = try await server.start()
    do {
        let result = try await body("\(configuration.scheme)://\(address)")
        await server.shutDown()
        return result
    } catch {
        await server.shutDown()
        throw error
    }
}
