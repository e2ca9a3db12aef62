import BenchmarkFramework
import TestSupport
import Testing

@Suite("The OpenAPI document")
struct OpenAPITests {
    private func document(
        apiKey: String? = nil,
        _ change: (inout BenchmarkServiceApp<SampleService>) -> Void = { _ in }
    ) async throws -> JSONValue {
        var configuration = ServiceConfiguration(environment: [:])
        configuration.server.port = 0
        configuration.logsRequests = false
        configuration.authentication = BuiltInAuthentication(apiKey: apiKey)
        configuration.docsArePublic = true
        var app = BenchmarkServiceApp(SampleService.self, configuration: configuration)
        change(&app)
        let running = try await app.start()
        let request = HTTPClientRequest(.get, try HTTPURL(running.url + "/openapi.json"))
        let result = try await directClient().send(request)
        await running.stop()
        #expect(result.status == 200)
        #expect(result.head.fields[.contentType] == "application/json")
        return try JSONValue(parsing: result.body)
    }

    @Test("the document has the title, the version and the five routes of the contract, and no streams")
    func outline() async throws {
        let document = try await document()
        #expect(document["openapi"] == "3.1.0")
        #expect(document["info"] == ["title": "SampleService", "version": "0.1.0"])
        let paths = try #require(document["paths"]?.objectValue)
        let routes = ["/health", "/verify-task-ids", "/retrieve-task/", "/evaluate-response/", "/final-score/"]
        #expect(paths.map(\.key) == routes)
        #expect(paths.map { $0.value.objectValue?.map(\.key) } == [["get"], ["get"], ["get"], ["post"], ["post"]])
        let ids = paths.compactMap { $0.value.objectValue?.first?.value["operationId"]?.stringValue }
        #expect(Set(ids).count == 5)
    }

    @Test("the document describes parameters and bodies as they are read")
    func schemas() async throws {
        let document = try await document()
        let retrieve = document["paths"]?["/retrieve-task/"]?["get"]?["parameters"]?.arrayValue ?? []
        #expect(retrieve.map { $0["name"] } == ["task_id", "skip_validation", "dataset"])
        #expect(retrieve.map { $0["required"] } == [true, false, false])
        #expect(retrieve[1]["schema"]?["default"] == false)
        let schemas = try #require(document["components"]?["schemas"])
        let answer = schemas["EvaluateResponseRequest"]
        #expect(answer?["required"] == ["task_id", "response"])
        #expect(answer?["properties"]?["dataset"]?["anyOf"] == [["type": "string"], ["type": "null"]])
        #expect(
            schemas["RetrieveTaskResponse"]?["properties"]?["resources"]?["$ref"] == "#/components/schemas/Resources"
        )
    }

    @Test("every reference resolves")
    func references() async throws {
        let document = try await document()
        let names = Set(document["components"]?["schemas"]?.objectValue?.map(\.key) ?? [])
        func check(_ value: JSONValue) {
            for (key, inner) in value.objectValue ?? [:] {
                if key == "$ref", let text = inner.stringValue {
                    #expect(names.contains(String(text.dropFirst("#/components/schemas/".count))), "\(text)")
                }
                check(inner)
            }
            for inner in value.arrayValue ?? [] { check(inner) }
        }
        check(document)
        #expect(names.contains("ValidationError"))
    }

    @Test("the document has the routes that the service adds, and says how callers authenticate")
    func additions() async throws {
        let open = try await document()
        #expect(open["components"]?["securitySchemes"] == nil)
        let document = try await document(apiKey: "secret") { app in
            app.route(.post, "/reset/", summary: "Begins anew.") { _ in HTTPServerResponse(status: .ok) }
            for path in ["/a-b", "/a/b", "/a_b"] { app.route(.get, path) { _ in HTTPServerResponse(status: .ok) } }
        }
        // Nothing is known about the service's own routes: they may have any body, and no two share an id.
        #expect(document["paths"]?["/reset/"]?["post"]?["requestBody"]?["content"] == ["*/*": [:]])
        let ids = ["/a-b", "/a/b", "/a_b"].map { document["paths"]?[$0]?["get"]?["operationId"] }
        #expect(ids == ["get_a_b", "get_a_b_2", "get_a_b_3"])
        #expect(document["paths"]?["/reset/"]?["post"]?["summary"] == "Begins anew.")
        #expect(document["paths"]?["/reset/"]?["post"]?["security"] == [["key": []]])
        #expect(document["paths"]?["/health"]?["get"]?["security"] == nil)
        #expect(document["components"]?["securitySchemes"]?["key"]?["scheme"] == "bearer")
        #expect(document["paths"]?["/final-score/"]?["post"]?["responses"]?["401"] != nil)
    }
}
