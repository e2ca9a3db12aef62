import BenchmarkTransport
import TestSupport
import Testing

@Suite("How a server handles Expect, RFC 9110 §10.1.1", .timeLimit(.minutes(1)))
struct ServerExpectationTests {
    /// Answers `/read` with the body, `/mirror` and `/refuse` with the body as it arrives, and anything else without
    /// reading it.
    struct Mirror: HTTPResponder {
        nonisolated(nonsending) func respond(to request: HTTPServerRequest) async -> HTTPServerResponse {
            let body = request.body
            switch request.head.path {
            case "/mirror", "/refuse":
                return HTTPServerResponse(
                    status: request.head.path == "/mirror" ? .ok : .forbidden,
                    body: .stream(length: nil) { writer in
                        try await writer.write(Array("begun;".utf8))
                        while let bytes = try await body.next() { try await writer.write(bytes) }
                    }
                )
            case "/read":
                let bytes = (try? await body.collect(maxBytes: 1000)) ?? Array("broken".utf8)
                return HTTPServerResponse(status: .ok, body: .bytes(bytes))
            default: return HTTPServerResponse(status: .ok, body: .bytes(Array("left".utf8)))
            }
        }
    }

    private static let waits = "HTTP/1.1 100 Continue\r\n\r\n"

    private static func request(
        _ path: String,
        _ field: String = "Expect: 100-continue",
        version: String = "1.1"
    ) -> String {
        "POST \(path) HTTP/\(version)\r\nHost: a\r\nConnection: close\r\n\(field)\r\nContent-Length: 4\r\n\r\n"
    }

    @Test("reading a body sends 100 first, and only once, RFC 9110 §10.1.1")
    func asked() async throws {
        try await withServer(Mirror()) { url in
            let client = try await RawClient(port: try HTTPURL(url).port)
            try await client.send(Self.request("/read"))
            #expect(try await client.receiveText(until: "\r\n\r\n") == Self.waits)
            try await client.send("bo")
            try await client.send("dy")
            let answer = try await client.receiveText()
            #expect(answer.hasPrefix("HTTP/1.1 200 ") && answer.hasSuffix("\r\n\r\nbody"))
        }
    }

    @Test(
        "no 100 is sent for a body that has started, for HTTP/1.0, or for other expectations, RFC 9110 §10.1.1",
        arguments: [
            (request("/read") + "body", "body"), (request("/read", version: "1.0") + "body", "body"),
            (request("/read", "Expect: 200-ok") + "body", "body"), (request("/leave"), "left"),
        ]
    )
    func unneeded(_ request: String, _ expected: String) async throws {
        try await withServer(Mirror()) { url in
            let client = try await RawClient(port: try HTTPURL(url).port)
            try await client.send(request)
            client.finishSending()
            let answer = try await client.receiveText()
            #expect(answer.hasPrefix("HTTP/1.1 200 ") && answer.hasSuffix("\r\n\r\n" + expected))
            #expect(!answer.contains("100 Continue"))
        }
    }

    @Test("a response that is written while the body is read is sent after the 100, RFC 9110 §10.1.1")
    func mirrored() async throws {
        try await withServer(Mirror()) { url in
            let client = try await RawClient(port: try HTTPURL(url).port)
            try await client.send(Self.request("/mirror"))
            let beginning = try await client.receiveText(until: "begun;")
            #expect(beginning.hasPrefix(Self.waits + "HTTP/1.1 200 "))
            try await client.send("body")
            let rest = try await client.receiveText()
            #expect(rest == "\r\n4\r\nbody\r\n0\r\n\r\n" || rest == "4\r\nbody\r\n0\r\n\r\n")
        }
    }

    @Test("no 100 is sent within a refusal, even if the body is read while it is written, RFC 9110 §10.1.1")
    func refused() async throws {
        try await withServer(Mirror()) { url in
            let client = try await RawClient(port: try HTTPURL(url).port)
            try await client.send(Self.request("/refuse"))
            let beginning = try await client.receiveText(until: "begun;")
            #expect(beginning.hasPrefix("HTTP/1.1 403 ") && beginning.contains("connection: close"))
            try await client.send("body")
            #expect(try await !(beginning + client.receiveText()).contains("100 Continue"))
        }
    }
}
