import BenchmarkFramework
import TestSupport
import Testing

@Suite("The service contract, sections 1 and 2: order, routes, redirects")
struct RoutingContractTests {
    private static let unauthorized = ContractRow.detail("Unauthorized")

    @Test(
        "1: if the service has a key, every request without it is 401 except /health, whatever else is wrong with it",
        arguments: [
            ContractRow("/nope", 401, unauthorized), ContractRow(.delete, "/verify-task-ids", 401, unauthorized),
            ContractRow(.options, "/final-score/", 401, unauthorized), ContractRow("/retrieve-task", 401, unauthorized),
            ContractRow("/docs", 401, unauthorized), ContractRow("/openapi.json", 401, unauthorized),
            ContractRow(post: "/final-score/", "{".utf8, 401, unauthorized), ContractRow("/health/", 401, unauthorized),
            ContractRow("/health"), ContractRow("/%68ealth"), ContractRow("/health?a=b"),
            ContractRow(.post, "/health", 405),
        ]
    )
    func order(_ row: ContractRow) async throws {
        try await withSampleService(apiKey: "secret") { running in _ = try await row.check(at: running.url) }
    }

    @Test(
        "2.1: the other spelling of a path is redirected with 307, for any method, and the host and query are kept",
        arguments: [
            ("/verify-task-ids/?task_ids=a&slice=1", "/verify-task-ids?task_ids=a&slice=1"),
            ("/retrieve-task?task_id=a%20b", "/retrieve-task/?task_id=a%20b"), ("/health/", "/health"),
            ("/openapi.json/", "/openapi.json"), ("/docs/", "/docs"), ("/evaluate-response", "/evaluate-response/"),
            ("/verify-task-ids//", "/verify-task-ids"),
        ]
    )
    func redirects(_ target: String, _ location: String) async throws {
        try await withSampleService { running in
            for method: HTTPMethod in [.get, .post, .delete] {
                let client = try await RawClient(port: running.address.port)
                try await client.send(
                    "\(method) \(target) HTTP/1.1\r\nhost: example.com:9999\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
                )
                let text = try await client.receiveText()
                #expect(text.hasPrefix("HTTP/1.1 307 Temporary Redirect\r\n"))
                #expect(text.contains("\r\nlocation: http://example.com:9999\(location)\r\n"))
                #expect(text.contains("\r\ncontent-length: 0\r\n"))
                #expect(!text.contains("content-type"))
            }
        }
    }

    @Test(
        "2.1: a path that ends in an escaped slash is 404",
        arguments: ["/verify-task-ids%2F", "/health%2f", "/docs%2F/"]
    )
    func escapedSlash(_ target: String) async throws {
        try await withSampleService { running in
            _ = try await ContractRow(target, 404, ContractRow.detail("Not Found")).check(at: running.url)
        }
    }

    @Test(
        "2.2: an unknown path is 404, and an unknown method is 405 with the methods that are allowed",
        arguments: [
            (ContractRow("/nope", 404, ContractRow.detail("Not Found")), nil),
            (ContractRow(.delete, "/nope", 404, ContractRow.detail("Not Found")), nil),
            (ContractRow("//health", 404, ContractRow.detail("Not Found")), nil),
            (ContractRow("/Health", 404, ContractRow.detail("Not Found")), nil),
            (ContractRow("/ws/setup-task", 404, ContractRow.detail("Not Found")), nil),
            (ContractRow("/ws/evaluate-instance", 404, ContractRow.detail("Not Found")), nil),
            (ContractRow(.post, "/verify-task-ids", 405, ContractRow.detail("Method Not Allowed")), "GET"),
            (ContractRow(.options, "/retrieve-task/", 405, ContractRow.detail("Method Not Allowed")), "GET"),
            (ContractRow(.put, "/evaluate-response/", 405, ContractRow.detail("Method Not Allowed")), "POST"),
            (ContractRow("/final-score/", 405, ContractRow.detail("Method Not Allowed")), "POST"),
            (ContractRow(.head, "/health", 405, ""), "GET"), (ContractRow(.head, "/openapi.json", 200, ""), nil),
            (ContractRow(.head, "/docs", 200, ""), nil), (ContractRow(.head, "/redoc", 200, ""), nil),
            (ContractRow(.post, "/redoc", 405), "GET, HEAD"),
        ] as [(ContractRow, String?)]
    )
    func methods(_ row: ContractRow, _ allowed: String?) async throws {
        try await withSampleService { running in
            let result = try await row.check(at: running.url)
            #expect(result.head.fields[.allow] == allowed)
            if row.method == .head, row.status == 405 { #expect(result.head.fields[.contentLength] == "31") }
        }
    }
}
