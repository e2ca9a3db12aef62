import BenchmarkTransport
import TestSupport
import Testing

@testable import BenchmarkSandbox

@Suite("Where the key of a sandbox API is sent")
struct KeyDestinationTests {
    /// Answers every request with the same response, and records the path and authorization of each.
    final class Recorder: HTTPResponder {
        let seen = Locked<[String]>([])
        private let response: Locked<HTTPServerResponse>

        init(_ response: HTTPServerResponse = HTTPServerResponse(status: .notFound)) {
            self.response = Locked(response)
        }

        func answer(_ response: HTTPServerResponse) { self.response.withLock { $0 = response } }

        nonisolated(nonsending) func respond(to request: HTTPServerRequest) async -> HTTPServerResponse {
            seen.withLock { $0.append("\(request.head.path) \(request.head.fields[.authorization] ?? "-")") }
            return response.withLock { $0 }
        }
    }

    @Test("the key is sent to the API and to the toolbox address that the API names")
    func named() async throws {
        let (api, toolbox) = (Recorder(), Recorder())
        try await withServer(toolbox) { toolboxURL in
            let body = #"{"id":"s","state":"started","toolboxProxyUrl":"\#(toolboxURL)/toolbox"}"#
            api.answer(HTTPServerResponse(status: .ok, body: .bytes(Array(body.utf8))))
            try await withServer(api) { apiURL in
                let credentials = DaytonaCredentials(apiKey: "secret", apiURL: "\(apiURL)/api", target: "t")
                let sandbox = try await DaytonaClient(credentials).sandbox("s")
                _ = try? await sandbox.download("/x", maxBytes: 10)
            }
        }
        #expect(api.seen.withLock { $0 } == ["/api/sandbox/s Bearer secret"])
        #expect(toolbox.seen.withLock { $0 } == ["/toolbox/s/files/download Bearer secret"])
    }

    @Test("the key is not sent to a Unix socket of this machine, whether the caller or the API names it")
    func unixSocket() async throws {
        let named = DaytonaCredentials(apiKey: "secret", apiURL: "http+unix://%2Frun%2Fx.sock/api", target: "t")
        let error = #expect(throws: SandboxError.self) { try DaytonaClient(named) }
        #expect(error?.code == .invalidConfiguration)
        let api = Recorder()
        let body = #"{"id":"s","state":"started","toolboxProxyUrl":"http+unix://%2Frun%2Fx.sock/toolbox"}"#
        api.answer(HTTPServerResponse(status: .ok, body: .bytes(Array(body.utf8))))
        try await withServer(api) { apiURL in
            let credentials = DaytonaCredentials(apiKey: "secret", apiURL: "\(apiURL)/api", target: "t")
            let error = await #expect(throws: SandboxError.self) { try await DaytonaClient(credentials).sandbox("s") }
            #expect(error?.message.contains("Unix socket") == true)
        }
    }

    @Test(
        "the key is sent nowhere else, even if the API redirects, RFC 9110 §15.4",
        arguments: [301, 302, 303, 307, 308]
    )
    func redirected(_ status: Int) async throws {
        let (api, elsewhere) = (Recorder(), Recorder())
        try await withServer(elsewhere) { url in
            api.answer(HTTPServerResponse(status: HTTPStatus(status), fields: HTTPFields([(.location, "\(url)/x")])))
            try await withServer(api) { apiURL in
                let credentials = DaytonaCredentials(apiKey: "secret", apiURL: "\(apiURL)/api", target: "t")
                await #expect(throws: SandboxError.self) { try await DaytonaClient(credentials).sandbox("s") }
            }
        }
        #expect(api.seen.withLock { $0 } == ["/api/sandbox/s Bearer secret"])
        #expect(elsewhere.seen.withLock { $0 }.isEmpty)
    }
}
