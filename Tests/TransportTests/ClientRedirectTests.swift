import BenchmarkTransport
import TestSupport
import Testing

@Suite("Redirects, RFC 9110 §15.4", .timeLimit(.minutes(1)))
struct ClientRedirectTests {
    /// Answers paths below `/go` with a redirect, and any other with a description of the request.
    struct Guide: HTTPResponder {
        let status: Int
        let location: @Sendable (String) -> String

        nonisolated(nonsending) func respond(to request: HTTPServerRequest) async -> HTTPServerResponse {
            let body = (try? await request.body.collect(maxBytes: 1000)) ?? []
            if request.head.path.hasPrefix("/go") {
                let host = request.head.fields["host"] ?? ""
                let fields = HTTPFields([(.location, location(host))])
                return HTTPServerResponse(status: HTTPStatus(status), fields: fields)
            }
            let names = ["authorization", "cookie", "proxy-authorization", "x-key", "content-type", "x-other"]
            let fields = names.filter { request.head.fields[$0] != nil }.joined(separator: " ")
            let text =
                "\(request.head.method) \(request.head.target) \(String(decoding: body, as: UTF8.self)) [\(fields)]"
            return HTTPServerResponse(status: .ok, body: .bytes(Array(text.utf8)))
        }
    }

    private let client = directClient {
        $0.maxRedirects = 5
        $0.credentialFields = [HTTPField.Name("x-key")].compactMap { $0 }
    }

    private static let fields: HTTPFields = {
        var fields = HTTPFields([(.authorization, "a"), (.cookie, "c"), (.contentType, "t")])
        fields.set("x-key", "k")
        fields.set("x-other", "o")
        return fields
    }()

    @Test(
        "a redirected request has the right method, body and fields",
        arguments: [
            (301, .get, "GET /x  [authorization cookie x-key content-type x-other]"),
            (301, .post, "GET /x  [authorization cookie x-key x-other]"),
            (301, .put, "PUT /x body [authorization cookie x-key content-type x-other]"),
            (302, .post, "GET /x  [authorization cookie x-key x-other]"),
            (302, .delete, "DELETE /x  [authorization cookie x-key content-type x-other]"),
            (303, .put, "GET /x  [authorization cookie x-key x-other]"),
            (303, .post, "GET /x  [authorization cookie x-key x-other]"), (303, .head, ""),
            (307, .post, "POST /x body [authorization cookie x-key content-type x-other]"),
            (308, .patch, "PATCH /x body [authorization cookie x-key content-type x-other]"),
        ] as [(Int, HTTPMethod, String)]
    )
    func table(_ status: Int, _ method: HTTPMethod, _ expected: String) async throws {
        try await withServer(Guide(status: status) { _ in "/a/../x#there" }) { url in
            let hasBody = [.post, .put, .patch].contains(method)
            let request = HTTPClientRequest(
                method,
                try HTTPURL(url + "/go"),
                fields: Self.fields,
                body: .bytes(hasBody ? Array("body".utf8) : [])
            )
            let result = try await client.send(request)
            #expect(result.text == expected)
            #expect(result.url.description == url + "/x")
        }
    }

    @Test("credentials are sent only within the origin, of which the port is a part, RFC 9110 §15.4")
    func otherOrigin() async throws {
        try await withServer(Guide(status: 307) { _ in "" }) { other in
            try await withServer(Guide(status: 307) { _ in other + "/x" }) { url in
                let request = HTTPClientRequest(.get, try HTTPURL(url + "/go"), fields: Self.fields)
                #expect(try await client.send(request).text == "GET /x  [content-type x-other]")
            }
        }
    }

    @Test(
        "a redirect that must not be followed is an error",
        arguments: [
            ("file:///etc/passwd", "must be http"), ("javascript:alert(1)", "no scheme"), ("http://", "host"),
            ("http://user:secret@h/", "user information"), ("//", "host"), ("http+unix://%2Fx.sock/", "Unix socket"),
            ("/a b", "blank"),
        ]
    )
    func refused(_ location: String, _ reason: String) async throws {
        try await withServer(Guide(status: 302) { _ in location }) { url in
            let error = await #expect(throws: HTTPClientError.self) {
                try await client.send(HTTPClientRequest(.get, try HTTPURL(url + "/go")))
            }
            #expect(error?.code == .badRedirect)
            #expect(error?.message.contains(reason) == true, "\(error?.message ?? "")")
            #expect(client.connectionCounts.open == 0)
        }
    }

    @Test("a redirect loop is an error after the maximum number of redirects")
    func loop() async throws {
        try await withServer(Guide(status: 302) { _ in "/go" }) { url in
            let error = await #expect(throws: HTTPClientError.self) {
                try await client.send(HTTPClientRequest(.get, try HTTPURL(url + "/go")))
            }
            #expect(error?.code == .badRedirect)
            #expect(error?.message.contains("more than 5") == true)
        }
    }

    @Test("a redirect that is not to be followed is returned as a response")
    func notFollowed() async throws {
        try await withServer(Guide(status: 302) { _ in "file:///x" }) { url in
            let result = try await directClient().send(HTTPClientRequest(.get, try HTTPURL(url + "/go")))
            #expect(result.status == 302)
            #expect(result.head.fields[.location] == "file:///x")
        }
    }

    @Test("a redirect without a location is returned as a response, RFC 9110 §15.4")
    func noLocation() async throws {
        let server = try RawServer()
        try await server.serving { connection in
            _ = try await connection.receiveHead()
            try await connection.send("HTTP/1.1 302 x\r\ncontent-length: 5\r\n\r\nwhere")
        } _: {
            let result = try await client.send(HTTPClientRequest(.get, try HTTPURL(server.url)))
            #expect(result.status == 302)
            #expect(result.text == "where")
        }
    }

    @Test("a redirect with two locations is an error")
    func twoLocations() async throws {
        let server = try RawServer()
        try await server.serving { connection in
            _ = try await connection.receiveHead()
            try await connection.send("HTTP/1.1 302 x\r\nlocation: /a\r\nlocation: /b\r\ncontent-length: 0\r\n\r\n")
        } _: {
            let error = await #expect(throws: HTTPClientError.self) {
                try await client.send(HTTPClientRequest(.get, try HTTPURL(server.url)))
            }
            #expect(error?.code == .badRedirect)
        }
    }

    @Test("a body that cannot be sent again is an error for 307, but not for 303", arguments: [303, 307])
    func replay(_ status: Int) async throws {
        try await withServer(Guide(status: status) { _ in "/x" }) { url in
            let body = HTTPClientRequest.Body.stream(length: nil) { try await $0.write(Array("body".utf8)) }
            var request = HTTPClientRequest(.post, try HTTPURL(url + "/go"), body: body)
            if status == 307 { #expect(try await client.send(request).text == "POST /x body []") }
            request.bodyIsReplayable = false
            if status == 303 {
                #expect(try await client.send(request).text == "GET /x  []")
            } else {
                let once = request
                let error = await #expect(throws: HTTPClientError.self) { try await client.send(once) }
                #expect(error?.code == .badRedirect)
            }
        }
    }

    @Test("a redirect from https to http is followed only if it is allowed")
    func insecure() async throws {
        try await withTemporaryDirectory { folder in
            let authority = try await TestAuthority(in: folder)
            let pair = try await authority.issue("server", for: "IP:127.0.0.1")
            var secure = HTTPServerConfiguration()
            secure.tls = TLSServerConfiguration(certificateFile: pair.certificate, privateKeyFile: pair.key)
            try await withServer(Guide(status: 302) { _ in "" }) { plain in
                try await withServer(Guide(status: 302) { _ in plain + "/x" }, configuration: secure) { url in
                    for isAllowed in [false, true] {
                        let client = directClient {
                            $0.maxRedirects = 5
                            $0.tls.authorityFile = authority.file
                            $0.followsInsecureRedirects = isAllowed
                        }
                        let request = HTTPClientRequest(.get, try HTTPURL(url + "/go"), fields: Self.fields)
                        let text = try? await client.send(request).text
                        #expect(text == (isAllowed ? "GET /x  [x-key content-type x-other]" : nil))
                    }
                }
            }
        }
    }
}
