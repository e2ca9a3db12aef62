import BenchmarkFramework
import TestSupport
import Testing

@testable import BenchmarkTransport

@Suite("The WebSocket routes of the service contract")
struct StreamRoutesTests {
    private func collect(_ stream: AsyncThrowingStream<StreamChunk, any Error>) async throws -> [StreamChunk] {
        var chunks: [StreamChunk] = []
        for try await chunk in stream { chunks.append(chunk) }
        return chunks
    }

    @Test("every chunk arrives in order, even after an error and a result")
    func order() async throws {
        let chunks: [StreamChunk] = [
            .message("a"), .error("no"), .result(["n": 1]), .message(String(repeating: "é", count: 100_000)),
            .other(type: "later", data: [1.0]), .message(""),
            .result(["long": .array((0..<20_000).map { ["n": .int($0)] })]), .message("b"),
        ]
        try await withSampleStreams(custom: ["t": .stream(chunks)]) { client, _ in
            #expect(
                try await collect(client.setupTask("t", instanceID: StubDaytona.sandboxID, dataset: "custom")) == chunks
            )
            let again = try await collect(
                client.evaluateInstance("t", instanceID: StubDaytona.sandboxID, dataset: "custom")
            )
            #expect(again == chunks)
        }
    }

    @Test("ten thousand chunks arrive in order")
    func many() async throws {
        let tasks: Dataset<SampleService.Item> = [
            "t": .custom { stream in for index in 0..<10_000 { try await stream.message("line \(index)\n") } }
        ]
        try await withSampleStreams(custom: tasks) { client, _ in
            let chunks = try await collect(client.setupTask("t", instanceID: StubDaytona.sandboxID, dataset: "custom"))
            #expect(chunks == (0..<10_000).map { .message("line \($0)\n") })
        }
    }

    @Test("an error that the service throws becomes an error chunk without a trace, after the chunks already sent")
    func failure() async throws {
        try await withSampleStreams(custom: ["t": .stream([.message("a")], throwing: SomeError())]) { client, _ in
            let chunks = try await collect(client.setupTask("t", instanceID: StubDaytona.sandboxID, dataset: "custom"))
            #expect(chunks == [.message("a"), .error("something secret")])
        }
    }

    static let misleadingErrors: [any Error & Sendable] = [
        CancellationError(), WebSocketError(closeCode: nil, message: "the connection is closed"),
        StreamFailure.endOfStream,
    ]

    @Test(
        "an error that the service throws is an error chunk even if it is one of those that tell of a caller's leaving",
        arguments: misleadingErrors
    )
    func misleading(_ error: any Error & Sendable) async throws {
        let tasks: Dataset<SampleService.Item> = ["t": .stream([.message("a")], throwing: error)]
        try await withSampleStreams(custom: tasks) { client, _ in
            let chunks = try await collect(client.setupTask("t", instanceID: StubDaytona.sandboxID, dataset: "custom"))
            #expect(chunks == [.message("a"), .error("\(error)")])
        }
    }

    @Test("the chunks before one that cannot be written as JSON are sent")
    func tooDeep() async throws {
        let deep = (0..<300).reduce(JSONValue.int(1)) { value, _ in [value] }
        try await withSampleStreams(custom: ["t": .stream([.message("a"), .result(deep)])]) { client, _ in
            let chunks = try await collect(client.setupTask("t", instanceID: StubDaytona.sandboxID, dataset: "custom"))
            #expect(chunks == [.message("a"), .error("a value nested more than 254 levels deep cannot be encoded")])
        }
    }

    @Test(
        "a bad request is one error chunk",
        arguments: [
            ("zzz", "sandbox-1", nil, "Task ID not found: zzz"),
            ("t", "nope", nil, "Failed to get sandbox: Sandbox with ID or name nope not found"),
            ("t", "sandbox-1", "nope", "Dataset 'nope' not found. Available datasets: default, alt, custom"),
        ] as [(String, String, String?, String)]
    )
    func refused(_ taskID: String, _ instanceID: String, _ dataset: String?, _ message: String) async throws {
        try await withSampleStreams(custom: [:]) { client, _ in
            let chunks = try await collect(client.setupTask(taskID, instanceID: instanceID, dataset: dataset))
            #expect(chunks == [.error(message)])
        }
    }

    @Test("an error chunk ends the stream if the client is configured so")
    func fatal() async throws {
        try await withSampleStreams(custom: ["t": .stream([.error("no"), .message("b")])]) { client, running in
            var configuration = BenchmarkServiceClient.Configuration()
            configuration.errorChunksAreFatal = true
            configuration.proxy = .none
            configuration.headers = HTTPFields([])
            let fatal = try BenchmarkServiceClient(
                url: running.url,
                sandboxes: client.sandboxCredentials,
                configuration: configuration
            )
            let error = await #expect(throws: ServiceCallError.self) {
                try await collect(fatal.setupTask("t", instanceID: StubDaytona.sandboxID, dataset: "custom"))
            }
            #expect(error?.code == .errorChunk)
            #expect(error?.message == "no")
        }
    }

    // MARK: Raw handshakes

    private func open(_ running: RunningService, _ path: String, _ fields: HTTPFields) async throws
        -> WebSocketConnection
    {
        try await directClient().openWebSocket(try HTTPURL(running.url + path), fields: fields)
    }

    @Test("a connection without credentials or headers is accepted, and then closed with 1008")
    func policy() async throws {
        try await withSampleService(apiKey: "secret", configure: { $0.credentialsTimeout = .zero }) { running in
            let unauthorized = try await open(running, "/ws/setup-task", [])
            #expect(try await unauthorized.receive() == nil)
            #expect(await unauthorized.end?.closing == "1008 Unauthorized")
            await unauthorized.release()

            for target in [nil, "", "  "] {
                var fields: HTTPFields = [(.authorization, "Bearer secret")]
                fields.set("x-api-key", "k")
                fields.set("x-api-url", "http://127.0.0.1:9/api")
                if let target { fields.set("x-target", target) }
                let socket = try await open(running, "/ws/evaluate-instance", fields)
                #expect(try await socket.receive() == nil)
                #expect(
                    await socket.end?.closing
                        == "1008 Missing required headers: x-api-key, x-api-url, x-target"
                )
                await socket.release()
            }
        }
    }

    /// A request whose body names its sandbox provider.
    private static func request(_ provider: String) -> String {
        #"{"task_id":"t","instance_id":"\#(StubDaytona.sandboxID)","dataset":"custom","sandbox_provider":\#(provider)}"#
    }

    @Test("the credentials in the body are used only if the headers are missing")
    func bodyCredentials() async throws {
        try await withSampleStreams(custom: ["t": .stream([.message("a")])]) { client, running in
            let credentials = try #require(client.sandboxCredentials)
            let provider =
                #"{"type":"daytona","DAYTONA_API_KEY":"k","DAYTONA_API_URL":"\#(credentials.apiURL)/","DAYTONA_TARGET":"t","later":1}"#
            let socket = try await open(running, "/ws/setup-task", [])
            try await socket.send(Self.request(provider))
            #expect(try await socket.receive() == .text(Array(#"{"type":"message","data":"a"}"#.utf8)))
            #expect(try await socket.receive() == nil)
            #expect(await socket.end?.closing == "1000 ")
            await socket.release()

            // The headers take precedence.
            var fields = credentials.headers
            fields.set("x-api-url", "http://127.0.0.1:1/api")
            let other = try await open(running, "/ws/setup-task", fields)
            try await other.send(Self.request(provider))
            let chunk = try await other.receive().map { String(decoding: $0.bytes, as: UTF8.self) }
            #expect(chunk?.contains("Failed to get sandbox") == true)
            await other.release()
        }
    }

    static let refusedBodies = [
        ("null", "1008 Missing required headers: x-api-key, x-api-url, x-target"),
        (#"{"type":"modal"}"#, "1008 sandbox_provider of type 'modal' is not supported, only 'daytona'"),
        (
            #"{"type":"daytona","DAYTONA_API_KEY":"","DAYTONA_API_URL":"http://a/api","DAYTONA_TARGET":"t"}"#,
            "1008 Missing required headers: x-api-key, x-api-url, x-target"
        ),
        (
            #"{"type":"daytona","DAYTONA_API_KEY":"k","DAYTONA_API_URL":"http://a/api","DAYTONA_TARGET":"t"}"#,
            "1008 x-api-url is not allowed by this service"
        ),
    ]

    @Test("unusable credentials in the body are refused with 1008", arguments: refusedBodies)
    func refusedBody(_ provider: String, _ closing: String) async throws {
        let allowed = try AllowedSandboxURLs(list: "https://app.daytona.io/api")
        try await withSampleService(configure: { $0.sandboxURLs = allowed }) { running in
            let socket = try await open(running, "/ws/setup-task", [])
            try await socket.send(Self.request(provider))
            #expect(try await socket.receive() == nil)
            #expect(await socket.end?.closing == closing)
            await socket.release()
        }
    }

    @Test(
        "mistakes in a request without headers are reported only if it has credentials",
        arguments: [
            ("{}", false), ("{", false), (#"{"task_id":"t","sandbox_provider":null}"#, false),
            (#"{"task_id":"t","sandbox_provider":{"type":"daytona"}}"#, true),
            (#"{"task_id":"t","instance_id":"i","sandbox_provider":[]}"#, true),
        ]
    )
    func mistakes(_ message: String, _ isTold: Bool) async throws {
        try await withSampleService { running in
            let socket = try await open(running, "/ws/setup-task", [])
            try await socket.send(message)
            let answer = try await socket.receive().map { String(decoding: $0.bytes, as: UTF8.self) }
            #expect(answer?.hasPrefix(#"{"type":"error""#) == (isTold ? true : nil))
            if isTold { #expect(try await socket.receive() == nil) }
            let missing = "1008 Missing required headers: x-api-key, x-api-url, x-target"
            #expect(await socket.end?.closing == (isTold ? "1000 " : missing))
            await socket.release()
        }
    }

    @Test("a sandbox API that is not allowed is refused with 1008, before anything is sent to it")
    func sandboxURL() async throws {
        let allowed = try AllowedSandboxURLs(list: "https://app.daytona.io/api")
        let daytona = CountingDaytona()
        try await withServer(daytona) { url in
            try await withSampleService(configure: { $0.sandboxURLs = allowed }) { running in
                let credentials = DaytonaCredentials(apiKey: "k", apiURL: "\(url)/api", target: "t")
                let socket = try await open(running, "/ws/setup-task", credentials.headers)
                try? await socket.send(#"{"task_id":"task-1","instance_id":"sandbox-1"}"#)
                #expect(try await socket.receive() == nil)
                #expect(await socket.end?.closing == "1008 x-api-url is not allowed by this service")
                await socket.release()
            }
        }
        #expect(daytona.count.withLock { $0 } == 0)
    }

    /// A control plane that counts the requests.
    private struct CountingDaytona: HTTPResponder {
        let count = Locked(0)

        nonisolated(nonsending) func respond(to request: HTTPServerRequest) async -> HTTPServerResponse {
            count.withLock { $0 += 1 }
            return await StubDaytona().respond(to: request)
        }
    }

    @Test("an unknown WebSocket path is 403", arguments: ["/ws/setup-task/", "/health", "/nope"])
    func unknownPath(_ path: String) async throws {
        try await withSampleService(apiKey: "secret") { running in
            let error = await #expect(throws: HTTPClientError.self) { try await open(running, path, []) }
            #expect(error?.status == 403)
            #expect(error?.body == "")
        }
    }

    @Test(
        "a malformed first message is answered with one error chunk and a normal close",
        arguments: ["", "nonsense", "[]", "{}", #"{"task_id":1,"instance_id":"x"}"#]
    )
    func malformed(_ message: String) async throws {
        try await withSampleService { running in
            let credentials = DaytonaCredentials(apiKey: "k", apiURL: "http://127.0.0.1:9/api", target: "t")
            let socket = try await open(running, "/ws/setup-task", credentials.headers)
            try await socket.send(message)
            guard let answer = try await socket.receive() else {
                Issue.record("no error chunk")
                return
            }
            guard case .error = try StreamChunk(parsing: answer.bytes) else {
                Issue.record("not an error chunk")
                return
            }
            #expect(try await socket.receive() == nil)
            #expect(await socket.end?.closing == "1000 ")
            await socket.release()
        }
    }
}

extension WebSocketEnd {
    /// The code and reason of the peer's Close.
    var closing: String? {
        if case .closed(let code, let reason) = self { "\(code?.rawValue ?? 1005) \(reason)" } else { nil }
    }
}
