import BenchmarkProtocol
import BenchmarkTransport
import TestSupport

@testable import BenchmarkSandbox

/// A control plane and toolbox that answers as a closure says, and records the requests.
final class ScriptedDaytona: HTTPResponder {
    /// The method and target of each request.
    let seen = Locked<[String]>([])
    private let answer: @Sendable (HTTPServerRequest, Int) async -> HTTPServerResponse

    /// - Parameter answer: A closure that gets the request and its number, starting at 1.
    init(_ answer: @escaping @Sendable (HTTPServerRequest, Int) async -> HTTPServerResponse) { self.answer = answer }

    nonisolated(nonsending) func respond(to request: HTTPServerRequest) async -> HTTPServerResponse {
        let count = seen.withLock { seen in
            seen.append("\(request.head.method) \(request.head.target)")
            return seen.count
        }
        return await answer(request, count)
    }

    var count: Int { seen.withLock { $0.count } }

    static let key = "dtn_0123456789abcdef"

    /// Serves the script while a closure runs, which gets a client that retries almost without a pause.
    static func with(
        _ answer: @escaping @Sendable (HTTPServerRequest, Int) async -> HTTPServerResponse,
        _ body: @Sendable (DaytonaClient, ScriptedDaytona) async throws -> Void
    ) async throws {
        let script = ScriptedDaytona(answer)
        try await withServer(script) { url in try await body(try client(url), script) }
    }

    static func client(_ url: String, organizationID: String? = nil) throws -> DaytonaClient {
        var credentials = DaytonaCredentials(apiKey: key, apiURL: "\(url)/api", target: "t")
        credentials.organizationID = organizationID
        var client = try DaytonaClient(credentials)
        (client.configuration.retryPause, client.configuration.pollInterval) = (.milliseconds(1), .milliseconds(1))
        return client
    }
}

extension DaytonaClient {
    /// A started sandbox `s` whose toolbox is the script that serves this client.
    func scriptedSandbox() throws -> DaytonaSandbox {
        let info = try SandboxInfo(["id": "s", "state": "started"])
        let toolbox = try HTTPURL("\(credentials.apiURL.dropLast(4))/toolbox/s")
        return DaytonaSandbox(info: info, toolbox: toolbox, client: self)
    }
}

extension HTTPServerResponse {
    static func text(_ status: Int, _ text: String, _ fields: [(String, String)] = []) -> HTTPServerResponse {
        var response = HTTPServerResponse(status: HTTPStatus(status), body: .bytes(Array(text.utf8)))
        for (name, value) in fields { response.fields.set(name, value) }
        return response
    }
}

/// Passes a client of a local Daytona to a closure.
func withLocalDaytona(_ body: @Sendable (DaytonaClient) async throws -> Void) async throws {
    let local = try await LocalDaytona.start()
    do {
        try await body(try DaytonaClient(local.credentials))
        await local.shutdown()
    } catch {
        await local.shutdown()
        throw error
    }
}
