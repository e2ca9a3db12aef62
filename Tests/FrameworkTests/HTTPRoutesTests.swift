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
        "the other spelling of a path is redirected, method and query kept",
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
        "with a key, everything but /health asks for it, before anything else is looked at",
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

    @Test("a route of the service's own is served behind the same authentication, also blocking")
    func customRoute() async throws {
        var configuration = ServiceConfiguration(environment: [:])
        configuration.server.port = 0
        configuration.logsRequests = false
        configuration.authentication = BuiltInAuthentication(apiKey: "secret")
        var app = BenchmarkServiceApp(SampleService.self, configuration: configuration)
        app.route(.get, "/version") { _ in HTTPServerResponse(status: .ok, body: .bytes(Array("7".utf8))) }
        let running = try await app.start()
        let exchange = Exchange(target: "/version", status: 200, answer: "7")
        let refused = try await send(exchange, to: running.url)
        let answered = try await send(exchange, to: running.url, fields: [(.authorization, "Bearer secret")])
        await running.stop()
        #expect(refused.status == 401)
        #expect(answered.text == "7")
    }
}
