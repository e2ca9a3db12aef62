import BenchmarkTransport
import TestSupport
import Testing

@testable import BenchmarkFramework

@Suite("The documentation pages of a service")
struct DocumentationRoutesTests {
    private func send(_ method: HTTPMethod, _ url: String, _ fields: HTTPFields = [], body: String = "") async throws
        -> HTTPClientResult
    {
        let bytes = Array(body.utf8)
        return try await directClient().send(
            HTTPClientRequest(method, try HTTPURL(url), fields: fields, body: .bytes(bytes))
        )
    }

    @Test(
        "a page is complete in one response, with the service's name and document, and HEAD gets no body",
        arguments: ["/docs", "/redoc"]
    )
    func pages(_ path: String) async throws {
        try await withSampleService { running in
            let page = try await send(.get, running.url + path)
            #expect(page.status == 200)
            #expect(page.head.fields[.contentType] == "text/html; charset=utf-8")
            for text in ["<title>SampleService", "<style>", "<script>", #""openapi":"3.1.0""#] {
                #expect(page.text.contains(text), "\(text)")
            }
            for text in ["{{", "<!--style", "<!--script", "<!--document", "src=", "http://cdn", "https://cdn"] {
                #expect(!page.text.contains(text), "\(text)")
            }
            let head = try await send(.head, running.url + path)
            #expect(head.status == 200)
            #expect(head.body.isEmpty)
            #expect(head.head.fields[.contentLength] == "\(page.body.count)")
            let refused = try await send(.post, running.url + path)
            #expect(refused.status == 405)
            #expect(refused.head.fields[.allow] == "GET, HEAD")
            let redirect = try await send(.get, running.url + path + "/")
            #expect(redirect.status == 307)
        }
    }

    @Test(
        "pages need the key unless they are public, but the routes that they call always need it",
        arguments: [true, false]
    )
    func access(_ isPublic: Bool) async throws {
        try await withSampleService(apiKey: "secret", configure: { $0.docsArePublic = isPublic }) { running in
            for path in ["/docs", "/redoc", "/openapi.json"] {
                let anybody = try await send(.get, running.url + path)
                #expect(anybody.status == (isPublic ? 200 : 401))
                let caller = try await send(.get, running.url + path, [(.authorization, "Bearer secret")])
                #expect(caller.status == 200)
            }
            for path in ["/docs/stream/setup-task", "/docs/stream/evaluate-instance", "/docs/"] {
                let anybody = try await send(.post, running.url + path)
                #expect(anybody.status == 401)
            }
        }
    }

    @Test("the service's name and document cannot break out of their places in the page")
    func escaping() throws {
        let page = DocumentationPage(
            html: Array("<title>{{title}}</title><!--document-->".utf8),
            style: [],
            script: []
        )
        let html = page.html(title: "<A & \"B\">", document: Array(#"{"a":"</script><script>"}"#.utf8))
        #expect(
            String(decoding: html, as: UTF8.self)
                == "<title>&lt;A &amp; &quot;B&quot;&gt;</title>"
                + #"<script type="application/json" id="document">{"a":"\u003c/script>\u003cscript>"}</script>"#
        )
    }

    // MARK: Streams

    @Test(
        "a stream is sent as lines, each like a WebSocket message",
        arguments: ["setup-task", "evaluate-instance"]
    )
    func stream(_ name: String) async throws {
        let chunks: [StreamChunk] = [.message("é\n"), .error("no"), .result(["n": 1])]
        try await withSampleStreams(custom: ["t": .stream(chunks, throwing: SomeError())]) { client, running in
            var fields = try #require(client.sandboxCredentials).headers
            fields.set(.contentType, "application/json")
            let body = #"{"task_id":"t","instance_id":"\#(StubDaytona.sandboxID)","dataset":"custom"}"#
            let result = try await send(.post, "\(running.url)/docs/stream/\(name)", fields, body: body)
            #expect(result.status == 200)
            #expect(result.head.fields[.contentType] == "application/x-ndjson")
            #expect(
                result.text == """
                    {"type":"message","data":"é\\n"}
                    {"type":"error","data":"no"}
                    {"type":"result","data":{"n":1}}
                    {"type":"error","data":"something secret"}

                    """
            )
        }
    }

    @Test("each line is sent as soon as it is produced")
    func live() async throws {
        let isSeen = OneShotEvent()
        let tasks: Dataset<SampleService.Item> = [
            "t": .custom { stream in
                try await stream.message("first")
                await isSeen.wait()
                try await stream.message("second")
            }
        ]
        try await withSampleStreams(custom: tasks) { client, running in
            var fields = try #require(client.sandboxCredentials).headers
            fields.set(.contentType, "application/json")
            let body = #"{"task_id":"t","instance_id":"\#(StubDaytona.sandboxID)","dataset":"custom"}"#
            let url = try HTTPURL("\(running.url)/docs/stream/setup-task")
            let request = HTTPClientRequest(.post, url, fields: fields, body: .bytes(Array(body.utf8)))
            let text = try await directClient().withResponse(to: request) { response in
                var bytes: [UInt8] = []
                while let more = try await response.nextBytes() {
                    bytes += more
                    isSeen.fire()
                }
                return String(decoding: bytes, as: UTF8.self)
            }
            #expect(text.contains("second"))
        }
    }

    @Test("a client that leaves while a stream is silent ends the stream, which does not look complete, RFC 9112 §8")
    func leaving() async throws {
        let hasEnded = OneShotEvent()
        let tasks: Dataset<SampleService.Item> = [
            "t": .custom { stream in
                defer { hasEnded.fire() }
                try await stream.message("first")
                try await Task.sleep(for: .seconds(86_400))
            }
        ]
        try await withSampleStreams(custom: tasks) { client, running in
            let credentials = try #require(client.sandboxCredentials)
            let body = #"{"task_id":"t","instance_id":"\#(StubDaytona.sandboxID)","dataset":"custom"}"#
            let peer = try await RawClient(port: running.address.port)
            try await peer.send(
                "POST /docs/stream/setup-task HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n"
                    + credentials.headers.map { "\($0.name): \($0.value)\r\n" }.joined()
                    + "content-length: \(body.utf8.count)\r\n\r\n\(body)"
            )
            let begin = try await peer.receiveText(until: "first")
            peer.finishSending()
            await hasEnded.wait()
            let answer = begin + (try await peer.receiveText())
            #expect(answer.contains("first"))
            #expect(!answer.hasSuffix("0\r\n\r\n"))
        }
    }

    @Test("the request of a stream may be long")
    func longRequest() async throws {
        try await withSampleStreams(custom: ["t": .stream([.result([:])])]) { client, running in
            var fields = try #require(client.sandboxCredentials).headers
            fields.set(.contentType, "application/json")
            let body =
                #"{"task_id":"t","instance_id":"\#(StubDaytona.sandboxID)","dataset":"custom","later":"#
                + "[\(String(repeating: "1,", count: 100_000))1]}"
            let result = try await send(.post, "\(running.url)/docs/stream/setup-task", fields, body: body)
            #expect(result.text == "{\"type\":\"result\",\"data\":{}}\n")
        }
    }

    @Test(
        "a stream that cannot start is answered with an error response",
        arguments: [
            ("{}", true, 422, "task_id"), ("{", true, 422, "json_invalid"), ("", true, 422, "missing"),
            (#"{"task_id":"t","instance_id":"i"}"#, false, 400, "Missing required headers"),
            (
                #"{"task_id":"t","instance_id":"i","sandbox_provider":{"type":"modal"}}"#, false, 400, "'modal'"
            ),
        ]
    )
    func refused(_ body: String, _ hasHeaders: Bool, _ status: Int, _ text: String) async throws {
        try await withSampleStreams(custom: [:]) { client, running in
            var fields = hasHeaders ? try #require(client.sandboxCredentials).headers : HTTPFields()
            fields.set(.contentType, "application/json")
            let result = try await send(.post, "\(running.url)/docs/stream/setup-task", fields, body: body)
            #expect(result.status == status)
            #expect(result.text.contains(text))
        }
    }
}
