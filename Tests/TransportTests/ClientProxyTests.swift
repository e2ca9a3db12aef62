import BenchmarkTransport
import Glibc
import TestSupport
import Testing

@Suite("Requests through a proxy", .timeLimit(.minutes(1)))
struct ClientProxyTests {
    struct Hello: HTTPResponder {
        nonisolated(nonsending) func respond(to request: HTTPServerRequest) async -> HTTPServerResponse {
            if request.head.asksForWebSocket {
                return HTTPServerResponse(
                    status: .ok,
                    body: .webSocket { socket in
                        while let message = try? await socket.receive() { try? await socket.send(message.bytes) }
                    }
                )
            }
            let text = "\(request.head.target) \(request.head.fields["proxy-authorization"] ?? "-")"
            return HTTPServerResponse(status: .ok, body: .bytes(Array(text.utf8)))
        }
    }

    /// Calls `body` with a client of a proxy that does with each connection what a closure says.
    private func withProxy<R: Sendable>(
        authority: String? = nil,
        connectTimeout: Duration = .seconds(10),
        _ behaviour: @escaping @Sendable (RawConnection) async throws -> Void,
        _ body: (HTTPClient) async throws -> R
    ) async throws -> R {
        let proxy = try RawServer()
        let client = directClient {
            let address = "http://user:secret@\(proxy.address)"
            $0.proxy = ProxySettings(http: address, https: address)
            $0.tls.authorityFile = authority
            $0.connectTimeout = connectTimeout
        }
        return try await proxy.serving(behaviour) {
            defer { client.shutDown() }
            return try await body(client)
        }
    }

    /// Opens the requested tunnel, with an answer that has framing fields, which a client must ignore.
    @Sendable private static func tunnel(
        _ connection: RawConnection,
        answer: String = "HTTP/1.1 200 OK\r\ncontent-length: 7\r\ntransfer-encoding: chunked\r\n\r\n"
    ) async throws {
        let head = try await connection.receiveHead()
        let parts = head.split(separator: " ")
        guard parts.count > 2, parts[0] == "CONNECT", head.contains("proxy-authorization: Basic dXNlcjpzZWNyZXQ=\r\n"),
            let port = UInt16(parts[1].split(separator: ":").last ?? "")
        else { return }
        let target = try await RawClient(port: port)
        try await connection.send(answer)
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                while let bytes = try? await connection.receive(), !bytes.isEmpty { try? await target.send(bytes) }
                target.finishSending()
            }
            group.addTask {
                while let bytes = try? await target.receive(until: { !$0.isEmpty }), !bytes.isEmpty {
                    try? await connection.send(bytes)
                }
                connection.finishSending()
            }
        }
    }

    @Test("an http request is sent in absolute form with the proxy's credentials, RFC 9112 §3.2.2")
    func forwarding() async throws {
        try await withProxy { connection in
            while case let head = try await connection.receiveHead(), !head.isEmpty {
                try await connection.send("HTTP/1.1 200 OK\r\ncontent-length: \(head.utf8.count)\r\n\r\n\(head)")
            }
        } _: { client in
            for _ in 0..<2 {
                let result = try await client.send(HTTPClientRequest(.get, try HTTPURL("http://h.invalid:81/a?b")))
                #expect(
                    result.text == "GET http://h.invalid:81/a?b HTTP/1.1\r\nhost: h.invalid:81\r\n"
                        + "proxy-authorization: Basic dXNlcjpzZWNyZXQ=\r\n\r\n"
                )
            }
            #expect(client.connectionCounts == (1, 1, 0))
        }
    }

    @Test("a WebSocket goes through a tunnel, even without TLS, RFC 6455 §4.1, RFC 9110 §9.3.6")
    func webSocket() async throws {
        try await withServer(Hello()) { url in
            try await withProxy {
                try await Self.tunnel($0)
            } _: { client in
                let socket = try await client.openWebSocket(try HTTPURL(url))
                try await socket.send("hello")
                #expect(try await socket.receive() == .binary(Array("hello".utf8)))
                await socket.close()
                await socket.release()
                #expect(client.connectionCounts == (0, 0, 0))
            }
        }
    }

    @Test("the dot that ends a name is neither sent in the TLS handshake nor part of the name to verify, RFC 6066 §3")
    func trailingDot() async throws {
        try await withTemporaryDirectory { folder in
            let authority = try await TestAuthority(in: folder)
            let pair = try await authority.issue("server", for: "DNS:localhost")
            var configuration = HTTPServerConfiguration()
            configuration.tls = TLSServerConfiguration(certificateFile: pair.certificate, privateKeyFile: pair.key)
            try await withServer(Hello(), configuration: configuration) { url in
                let url = try HTTPURL("https://localhost.:\(HTTPURL(url).port)/x")
                try await withProxy(authority: authority.file) {
                    try await Self.tunnel($0)
                } _: { client in
                    let result = try await client.send(HTTPClientRequest(.get, url))
                    #expect(result.text == "/x -")
                }
            }
        }
        try await withProxy { connection in
            _ = try await connection.receiveHead()
            try await connection.send("HTTP/1.1 200 OK\r\n\r\n")
            // The first message of the handshake is not encrypted.
            if try await connection.receiveText(until: "localhost").isEmpty { return }
            #expect(try await connection.receive().first != UInt8(ascii: "."))
        } _: { client in
            for (host, reason) in [("localhost.", "no secure connection"), (".", "no certificate can be verified")] {
                let error = await #expect(throws: HTTPClientError.self) {
                    try await client.send(HTTPClientRequest(.get, try HTTPURL("https://\(host)/")))
                }
                #expect(error?.message.contains(reason) == true, "\(error?.message ?? "no error")")
            }
        }
    }

    @Test("https goes through a tunnel, and the proxy's credentials are not sent in it, RFC 9110 §11.7.1")
    func secure() async throws {
        try await withTemporaryDirectory { folder in
            let authority = try await TestAuthority(in: folder)
            let pair = try await authority.issue("server", for: "DNS:localhost,IP:127.0.0.1")
            var configuration = HTTPServerConfiguration()
            configuration.tls = TLSServerConfiguration(certificateFile: pair.certificate, privateKeyFile: pair.key)
            try await withServer(Hello(), configuration: configuration) { url in
                try await withProxy(authority: authority.file) {
                    try await Self.tunnel($0)
                } _: { client in
                    var request = HTTPClientRequest(.get, try HTTPURL(url + "/x"))
                    request.fields.set(.proxyAuthorization, "mine")
                    for _ in 0..<2 { #expect(try await client.send(request).text == "/x -") }
                    #expect(client.connectionCounts == (1, 1, 0))
                }
            }
        }
    }

    @Test(
        "a tunnel that the proxy refuses is an error with the proxy's status, RFC 9110 §9.3.6",
        arguments: [
            ("HTTP/1.1 407 No\r\ncontent-length: 6\r\n\r\nwhy: x", 407, "why: x"),
            ("HTTP/1.1 403 No\r\ntransfer-encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n", 403, "no"),
            ("HTTP/1.1 302 No\r\nlocation: http://elsewhere/\r\nconnection: close\r\n\r\ngo", 302, "go"),
            ("HTTP/1.1 101 No\r\n\r\n", 101, ""),
        ]
    )
    func refused(_ answer: String, _ status: Int, _ body: String) async throws {
        try await withProxy { connection in
            _ = try await connection.receiveHead()
            try await connection.send(answer)
            connection.finishSending()
            #expect(await connection.receivesEnd())
        } _: { client in
            let error = await #expect(throws: HTTPClientError.self) {
                try await client.send(HTTPClientRequest(.get, try HTTPURL("https://h.invalid/")))
            }
            #expect(error?.code == .proxyRefused)
            #expect(error?.status == status)
            #expect(error?.body == body)
            #expect(error?.message.contains("secret") == false)
            #expect(client.connectionCounts == (0, 0, 0))
        }
    }

    @Test(
        "a proxy that violates the protocol is an error, RFC 9110 §9.3.6",
        arguments: [
            ("SSH-2.0-x\r\n\r\n", HTTPClientError.Code.protocolViolation),
            ("HTTP/1.1 200 OK\r\n\r\nunasked", .protocolViolation), ("", .cannotConnect),
            (String(repeating: "HTTP/1.1 100 x\r\n\r\n", count: 100), .protocolViolation),
        ]
    )
    func broken(_ answer: String, _ code: HTTPClientError.Code) async throws {
        try await withProxy { connection in
            _ = try await connection.receiveHead()
            try await connection.send(answer)
            connection.finishSending()
            #expect(await connection.receivesEnd())
        } _: { client in
            let error = await #expect(throws: HTTPClientError.self) {
                try await client.send(HTTPClientRequest(.get, try HTTPURL("https://h.invalid/")))
            }
            #expect(error?.code == code, "\(error?.message ?? "")")
        }
    }

    @Test("a silent proxy is an error after the connect timeout, RFC 9110 §9.3.6")
    func silent() async throws {
        try await withProxy(connectTimeout: .milliseconds(50)) { connection in
            #expect(await connection.receivesEnd())
        } _: { client in
            let error = await #expect(throws: HTTPClientError.self) {
                try await client.send(HTTPClientRequest(.get, try HTTPURL("https://h.invalid/")))
            }
            #expect(error?.code == .timedOut)
        }
    }
}
