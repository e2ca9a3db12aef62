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

    private static let notFoundTask = #"{"detail":"Task ID not found: zzz"}"#
    private static let task =
        #"{"docker_image":"python:3.12-slim","problem_path":"/tmp/p.txt","cwd":"/workspace","agent_timeout":null,"#
        + #""resources":{"vcpu":2,"memory":4,"disk":10}}"#

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
        "answers as the contract has it",
        arguments: [
            Exchange(target: "/health", status: 200, answer: #"{"status":"ok"}"#),
            Exchange(target: "/%68ealth", status: 200, answer: #"{"status":"ok"}"#),
            Exchange(
                target: "/verify-task-ids",
                status: 200,
                answer: #"{"task_ids":["task-1","task-2","task-3","task-4","task-5"]}"#
            ),
            Exchange(
                target: "/verify-task-ids?task_ids=task-3&task_ids=task-1&task_ids=task-3",
                status: 200,
                answer: #"{"task_ids":["task-3","task-1"]}"#
            ),
            Exchange(
                target: "/verify-task-ids?task_ids=task-2&slice=nonsense",
                status: 200,
                answer: #"{"task_ids":["task-2"]}"#
            ),
            Exchange(target: "/verify-task-ids?task_ids=", status: 400, answer: #"{"detail":"Task ID not found: "}"#),
            Exchange(
                target: "/verify-task-ids?task_ids=task-1,task-2",
                status: 400,
                answer: #"{"detail":"Task ID not found: task-1,task-2"}"#
            ),
            Exchange(target: "/verify-task-ids?task_ids=zzz", status: 400, answer: notFoundTask),
            Exchange(target: "/verify-task-ids?slice=0:2", status: 200, answer: #"{"task_ids":["task-1","task-2"]}"#),
            Exchange(target: "/verify-task-ids?slice=+1:3", status: 200, answer: #"{"task_ids":["task-2","task-3"]}"#),
            Exchange(
                target: "/verify-task-ids?slice=0:1&slice=1:3",
                status: 200,
                answer: #"{"task_ids":["task-2","task-3"]}"#
            ),
            Exchange(
                target: "/verify-task-ids?slice=::0",
                status: 400,
                answer: #"{"detail":"slice step cannot be zero"}"#
            ),
            Exchange(target: "/verify-task-ids?dataset=alt", status: 200, answer: #"{"task_ids":["alt-1"]}"#),
            Exchange(
                target: "/verify-task-ids?dataset=nope",
                status: 400,
                answer: #"{"detail":"Dataset 'nope' not found. Available datasets: default, alt, custom"}"#
            ),
            Exchange(
                target: "/verify-task-ids?dataset=%ff",
                status: 400,
                answer: #"{"detail":"Dataset '\#u{fffd}' not found. Available datasets: default, alt, custom"}"#
            ),
            Exchange(target: "/retrieve-task/?task_id=task-1&skip_validation=False", status: 200, answer: task),
            Exchange(target: "/retrieve-task/?task_id=zzz", status: 400, answer: notFoundTask),
            Exchange(target: "/retrieve-task/?task_id=zzz&skip_validation=yes", status: 200, answer: task),
            Exchange(
                target: "/retrieve-task/?task_id=broken&skip_validation=1",
                status: 500,
                answer: #"{"detail":"Internal server error"}"#
            ),
            Exchange(
                target: "/retrieve-task/",
                status: 422,
                answer:
                    #"{"detail":[{"type":"missing","loc":["query","task_id"],"msg":"Field required","input":null}]}"#
            ),
            Exchange(
                method: .post,
                target: "/evaluate-response/",
                body: #"{"task_id":"x","response":"{\"a\":[1,1.0,null]}"}"#,
                status: 200,
                answer: #"{"a":[1,1.0,null]}"#
            ),
            Exchange(
                method: .post,
                target: "/evaluate-response/",
                body: #"{"task_id":"x","response":"teapot"}"#,
                status: 418,
                answer: #"{"detail":"short and stout"}"#
            ),
            Exchange(
                method: .post,
                target: "/evaluate-response/",
                body: #"{"task_id":"x","response":"broken"}"#,
                status: 500,
                answer: #"{"detail":"Internal server error"}"#
            ),
            Exchange(
                method: .post,
                target: "/evaluate-response/",
                body: #"{"task_id":"x","response":"deep"}"#,
                status: 400,
                answer: #"{"detail":"a value nested more than 254 levels deep cannot be encoded"}"#
            ),
            Exchange(
                method: .post,
                target: "/evaluate-response/",
                body: #"{"task_id":"x","response":"1"}"#,
                contentType: "text/plain",
                status: 422,
                answer: #"{"detail":[{"type":"model_attributes_type","loc":["body"],"#
                    + #""msg":"Input should be a valid dictionary or object to extract fields from","#
                    + #""input":"{\"task_id\":\"x\",\"response\":\"1\"}"}]}"#
            ),
            Exchange(
                method: .post,
                target: "/final-score/",
                body: #"{"evaluation_results":{"task-3":{"resolved":true},"task-1":null,"task-2":{"n":1.0}}}"#,
                status: 200,
                answer: #"{"tasks_evaluated":["task-3","task-1","task-2"],"final_score":33.333333333333336,"#
                    + #""metadata":{"results":{"task-3":{"resolved":true},"task-1":null,"task-2":{"n":1.0}}}}"#
            ),
            Exchange(
                method: .post,
                target: "/final-score/",
                body: #"{"evaluation_results":{}}"#,
                status: 200,
                answer: #"{"tasks_evaluated":[],"final_score":0.0,"metadata":{"results":{}}}"#
            ),
            Exchange(
                method: .post,
                target: "/final-score/",
                body: #"{"evaluation_results":{"zzz":null}}"#,
                status: 400,
                answer: notFoundTask
            ),
            Exchange(target: "/nope", status: 404, answer: #"{"detail":"Not Found"}"#),
            Exchange(target: "//health", status: 404, answer: #"{"detail":"Not Found"}"#),
            Exchange(target: "/ws/setup-task", status: 404, answer: #"{"detail":"Not Found"}"#),
            Exchange(method: .post, target: "/health", status: 405, answer: #"{"detail":"Method Not Allowed"}"#),
            Exchange(
                method: .options,
                target: "/final-score/",
                status: 405,
                answer: #"{"detail":"Method Not Allowed"}"#
            ),
            Exchange(method: .head, target: "/health", status: 405, answer: ""),
        ]
    )
    func answers(_ exchange: Exchange) async throws {
        try await withSampleService { running in
            let result = try await send(exchange, to: running.url)
            #expect(result.status == exchange.status)
            #expect(result.text == exchange.answer)
            if exchange.method != .head { #expect(result.head.fields[.contentType] == "application/json") }
            if exchange.status == 405 {
                #expect(result.head.fields[.allow] == (exchange.target == "/final-score/" ? "POST" : "GET"))
            }
        }
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
