import BenchmarkTransport
import TestSupport
import Testing

@Suite("Server and client over loopback")
struct LoopbackTests {
    struct Echo: HTTPResponder {
        nonisolated(nonsending) func respond(to request: HTTPServerRequest) async -> HTTPServerResponse {
            switch request.head.path {
            case "/echo":
                guard let body = try? await request.body.collect(maxBytes: 1 << 26) else {
                    return HTTPServerResponse(status: .badRequest)
                }
                return HTTPServerResponse(status: .ok, body: .bytes(body))
            case "/stream":
                return HTTPServerResponse(
                    status: .ok,
                    body: .stream(length: nil) { writer in
                        for index in 0..<1000 { try await writer.write(Array("line \(index)\n".utf8)) }
                    }
                )
            case "/ws":
                return HTTPServerResponse(
                    status: .switchingProtocols,
                    body: .webSocket { socket in
                        do {
                            while let message = try await socket.receive() {
                                switch message {
                                case .text(let bytes): try await socket.send(String(decoding: bytes, as: UTF8.self))
                                case .binary(let bytes): try await socket.send(bytes)
                                }
                            }
                        } catch {}
                    }
                )
            case "/flood":
                return HTTPServerResponse(
                    status: .switchingProtocols,
                    body: .webSocket { socket in
                        for index in 0..<40 {
                            try? await socket.send([UInt8](repeating: UInt8(index), count: 50_000))
                        }
                    }
                )
            default: return HTTPServerResponse(status: .notFound)
            }
        }
    }

    private func withServer(_ body: (HTTPClient, String) async throws -> Void) async throws {
        let server = HTTPServer(responder: Echo())
        let address = try await server.start()
        let client = directClient()
        do { try await body(client, "http://\(address)") } catch {
            await server.shutDown()
            throw error
        }
        await server.shutDown()
    }

    @Test("a body is echoed unchanged, whatever its size", arguments: [0, 1, 1000, 70_000, 5_000_000])
    func echo(byteCount: Int) async throws {
        try await withServer { client, url in
            let body = (0..<byteCount).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            for _ in 0..<3 {
                let request = HTTPClientRequest(.post, try HTTPURL(url + "/echo"), body: .bytes(body))
                let result = try await client.send(request)
                #expect(result.status == 200)
                #expect(result.body == body)
            }
        }
    }

    @Test("a streamed request in chunks arrives completely")
    func chunkedRequest() async throws {
        try await withServer { client, url in
            let request = HTTPClientRequest(
                .post,
                try HTTPURL(url + "/echo"),
                body: .stream(length: nil) { writer in
                    for index in 0..<500 { try await writer.write(Array("part \(index);".utf8)) }
                }
            )
            let expected = (0..<500).map { "part \($0);" }.joined()
            #expect(try await client.send(request).text == expected)
        }
    }

    @Test("a streamed response arrives completely")
    func chunkedResponse() async throws {
        try await withServer { client, url in
            let result = try await client.send(HTTPClientRequest(.get, try HTTPURL(url + "/stream")))
            #expect(result.text == (0..<1000).map { "line \($0)\n" }.joined())
        }
    }

    @Test("an unknown path is 404, and the connection stays usable")
    func notFound() async throws {
        try await withServer { client, url in
            for _ in 0..<2 {
                let result = try await client.send(HTTPClientRequest(.get, try HTTPURL(url + "/nope")))
                #expect(result.status == 404)
            }
        }
    }

    @Test(
        "WebSocket messages of all sizes are echoed in order",
        arguments: [0, 1, 125, 126, 65_535, 65_536, 3_000_000]
    )
    func webSocketEcho(byteCount: Int) async throws {
        try await withServer { client, url in
            let socket = try await client.openWebSocket(try HTTPURL(url + "/ws"))
            let text = String(repeating: "x", count: byteCount)
            try await socket.send(text)
            try await socket.send(Array(text.utf8))
            #expect(try await socket.receive() == .text(Array(text.utf8)))
            #expect(try await socket.receive() == .binary(Array(text.utf8)))
            await socket.close()
            #expect(try await socket.receive() == nil)
            await socket.release()
        }
    }

    @Test("a reader that pauses for several close timeouts still gets everything sent before the Close")
    func slowReader() async throws {
        var impatient = HTTPServerConfiguration()
        impatient.webSocket.closeTimeout = .milliseconds(50)
        let server = HTTPServer(configuration: impatient, responder: Echo())
        let address = try await server.start()
        var pinging = WebSocketConfiguration()
        pinging.pingInterval = .milliseconds(40)
        let url = try HTTPURL("http://\(address)/flood")
        let socket = try await directClient().openWebSocket(url, webSocket: pinging)
        // The pause is what is tested: the server has closed by now, and its close timeout would be over.
        try await EventLoopGroup.shared.next().sleep(for: .milliseconds(400))
        var received: [UInt8] = []
        while let message = try await socket.receive() { received.append(message.bytes.first ?? 255) }
        await socket.release()
        await server.shutDown()
        #expect(received == (0..<40).map { UInt8($0) })
    }

    @Test("a server on a Unix socket is reached by the URL that it reports")
    func unixSocket() async throws {
        try await withTemporaryDirectory { folder in
            var configuration = HTTPServerConfiguration()
            configuration.host = "unix:\(folder)/a b.sock"
            let server = HTTPServer(configuration: configuration, responder: Echo())
            let url = configuration.url(of: try await server.start())
            #expect(url.hasPrefix("http+unix://%2F") && url.hasSuffix("a%20b.sock"))
            let result = try await HTTPClient().send(.init(.post, try HTTPURL(url + "/echo"), body: .bytes([1, 2])))
            await server.shutDown()
            #expect(result.body == [1, 2])
        }
    }

    @Test("a refused port is an error that names it")
    func refused() async throws {
        let nobody = try RefusingAddress()
        let error = await #expect(throws: HTTPClientError.self) {
            try await directClient().send(HTTPClientRequest(.get, try HTTPURL("http://\(nobody.address)/")))
        }
        #expect(error?.code == .cannotConnect)
        #expect(error?.message.contains("\(nobody.address)") == true)
    }
}
