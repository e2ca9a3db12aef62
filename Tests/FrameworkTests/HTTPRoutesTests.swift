import BenchmarkFramework
import TestSupport
import Testing

@Suite("The HTTP routes of the service contract")
struct HTTPRoutesTests {
    struct Exchange: Sendable, CustomTestStringConvertible {
        var method: HTTPMethod = .get
        var target: String
        var body: String?
        var contentType: String? = "application/json"
        var status: Int
        var answer: String
        var testDescription: String { "\(method) \(target) \(body ?? "")" }
    }

    private func send(
        _ exchange: Exchange,
        to url: String,
        fields: [(HTTPField.Name, String)] = []
    ) async throws -> HTTPClientResult {
        var request = HTTPClientRequest(exchange.method, try HTTPURL(url + exchange.target), fields: HTTPFields(fields))
        if let body = exchange.body {
            request.body = .bytes(Array(body.utf8))
            if let type = exchange.contentType { request.fields.set(.contentType, type) }
        }
        return try await directClient().send(request)
    }

    @Test(
        "the other spelling of a path is redirected, and the query is kept",
        arguments: [
            (.get, "/verify-task-ids/?task_ids=a&slice=1", "/verify-task-ids?task_ids=a&slice=1"),
            (.get, "/verify-task-ids//", "/verify-task-ids"),
            (.get, "/retrieve-task?task_id=a%20b", "/retrieve-task/?task_id=a%20b"), (.get, "/health/", "/health"),
            (.post, "/evaluate-response", "/evaluate-response/"), (.post, "/final-score", "/final-score/"),
            (.get, "/evaluate-response", "/evaluate-response/"),
        ] as [(HTTPMethod, String, String)]
    )
    func redirects(_ method: HTTPMethod, _ target: String, _ location: String) async throws {
        try await withSampleService { running in
            let plain = try await send(
                Exchange(method: method, target: target, status: 307, answer: ""),
                to: running.url
            )
            #expect(plain.status == 307)
            #expect(plain.head.fields[.location] == running.url + location)
            #expect(plain.head.fields[.contentLength] == "0")
            #expect(plain.head.fields[.contentType] == nil)

            let proxied = try await send(
                Exchange(method: method, target: target, status: 307, answer: ""),
                to: running.url,
                fields: [(.xForwardedProto, "https")]
            )
            #expect(proxied.head.fields[.location] == "https" + running.url.dropFirst(4) + location)
        }
    }

    @Test(
        "a service with a key asks for it everywhere except at /health, before it checks anything else",
        arguments: ["/verify-task-ids", "/nope", "/health/", "/retrieve-task"]
    )
    func authentication(_ target: String) async throws {
        try await withSampleService(apiKey: "secret") { running in
            for field in ["", "Bearer wrong", "bearer secret", "Bearer  secret", "Bearer secre", "Bearer secret2"] {
                let result = try await send(
                    Exchange(target: target, status: 401, answer: ""),
                    to: running.url,
                    fields: [(.authorization, field)]
                )
                #expect(result.status == 401)
                #expect(result.text == #"{"detail":"Unauthorized"}"#)
            }
            let allowed = try await send(
                Exchange(target: target, status: 200, answer: ""),
                to: running.url,
                fields: [(.authorization, "Bearer secret")]
            )
            #expect(allowed.status != 401)
            let health = try await send(Exchange(target: "/health", status: 200, answer: ""), to: running.url)
            #expect(health.status == 200)
        }
    }

    /// Serves the sample with routes that the test adds.
    private func serve(
        key: String? = nil,
        _ add: (inout BenchmarkServiceApp<SampleService>) -> Void,
        _ body: (RunningService) async throws -> Void
    ) async throws {
        var configuration = ServiceConfiguration(environment: [:])
        configuration.server.port = 0
        configuration.logsRequests = false
        configuration.authentication = BuiltInAuthentication(apiKey: key)
        var app = BenchmarkServiceApp(SampleService.self, configuration: configuration)
        add(&app)
        let running = try await app.start()
        do { try await body(running) } catch {
            await running.stop()
            throw error
        }
        await running.stop()
    }

    @Test("a service's own route needs the same authentication")
    func customRoute() async throws {
        try await serve(key: "secret") { app in
            app.route(.get, "/version") { _ in .text(.ok, "7") }
        } _: { running in
            let exchange = Exchange(target: "/version", status: 200, answer: "7")
            #expect(try await send(exchange, to: running.url).status == 401)
            let answered = try await send(exchange, to: running.url, fields: [(.authorization, "Bearer secret")])
            #expect(answered.text == "7")
        }
    }

    @Test("a service's own route may block, unless it is declared nonblocking", arguments: [false, true])
    func customRouteThread(_ isNonBlocking: Bool) async throws {
        try await serve { app in
            app.route(.get, "/thread", isNonBlocking: isNonBlocking) { _ in .text(.ok, currentThreadName()) }
        } _: { running in
            let answer = try await send(Exchange(target: "/thread", status: 200, answer: ""), to: running.url)
            #expect((answer.text == "service") == !isNonBlocking)
        }
    }

    @Test(
        "a service's own route reads and writes JSON",
        arguments: [
            (#"{"n":1.0,"a":[]}"#, 201, #"{"given":{"n":1.0,"a":[]}}"#), ("{", 400, nil),
            (String(repeating: " ", count: 101), 413, nil),
        ] as [(String, Int, String?)]
    )
    func customJSON(_ body: String, _ status: Int, _ answer: String?) async throws {
        try await serve { app in
            app.route(.post, "/echo") { request in
                try .json(["given": try await request.json(maxBytes: 100)], status: .created)
            }
        } _: { running in
            let exchange = Exchange(method: .post, target: "/echo", body: body, status: status, answer: "")
            let result = try await send(exchange, to: running.url)
            #expect(result.status == status)
            #expect(result.head.fields[.contentType] == "application/json")
            if let answer { #expect(result.text == answer) }
        }
    }
}
