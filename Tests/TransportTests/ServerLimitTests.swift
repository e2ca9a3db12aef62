import BenchmarkTransport
import TestSupport
import Testing

@Suite("A server's limits")
struct ServerLimitTests {
    typealias Hello = HTTPServerRefusalTests.Hello

    private static let request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

    /// A responder that counts its requests.
    final class Served: HTTPResponder {
        private let requests = Locked(0)
        var count: Int { requests.withLock { $0 } }

        nonisolated(nonsending) func respond(to request: HTTPServerRequest) async -> HTTPServerResponse {
            requests.withLock { $0 += 1 }
            return HTTPServerResponse(status: .ok, body: .bytes(Array("hello".utf8)))
        }
    }

    @Test("an address at its limit of connections gets no more until one ends, RFC 9112 §9.5")
    func perAddress() async throws {
        var configuration = HTTPServerConfiguration()
        configuration.maxConnectionsPerAddress = 2
        try await withServer(Hello(), configuration: configuration) { url in
            let port = try HTTPURL(url).port
            let held = [try await RawClient(port: port), try await RawClient(port: port)]
            for client in held {
                try await client.send(Self.request)
                #expect(try await client.receiveText(until: "hello").hasSuffix("hello"))
            }
            let refused = try await RawClient(port: port)
            #expect(try await refused.receive().isEmpty)
            held[0].finishSending()
            #expect(try await held[0].receive().isEmpty)
            // The server notices the end after a moment, so one of the next few connections is accepted.
            var answer = ""
            while answer.isEmpty {
                let next = try await RawClient(port: port)
                try? await next.send(Self.request)
                answer = try await next.receiveText(until: "hello")
            }
            #expect(answer.hasSuffix("hello"))
        }
    }

    @Test("the limit per address does not apply to peers of a Unix socket, RFC 9112 §9.5")
    func unixPeers() async throws {
        try await withTemporaryDirectory { folder in
            var configuration = HTTPServerConfiguration()
            configuration.host = "unix:\(folder)/x.sock"
            configuration.maxConnectionsPerAddress = 1
            let server = HTTPServer(configuration: configuration, responder: Hello())
            let url = try HTTPURL(configuration.url(of: try await server.start()))
            let client = directClient()
            let first = try await client.openWebSocket(url)
            let second = try await client.openWebSocket(url)
            for socket in [first, second] {
                try await socket.send([1])
                #expect(try await socket.receive() == .binary([1]))
                await socket.close()
                await socket.release()
            }
            await server.shutDown()
        }
    }

    @Test("a server at its limit of connections makes the next one wait until another ends, RFC 9112 §9.5")
    func inAll() async throws {
        var configuration = HTTPServerConfiguration()
        configuration.maxConnections = 1
        let served = Served()
        try await withServer(served, configuration: configuration) { url in
            let port = try HTTPURL(url).port
            let first = try await RawClient(port: port)
            try await first.send(Self.request)
            #expect(try await first.receiveText(until: "hello").hasSuffix("hello"))
            let second = try await RawClient(port: port)
            try await second.send(Self.request)
            let answer = Task { try await second.receiveText(until: "hello") }
            // Each time that the first is served, the second could be served too.
            for _ in 0..<50 {
                try await first.send(Self.request)
                #expect(try await first.receiveText(until: "hello").hasSuffix("hello"))
            }
            #expect(served.count == 51)
            first.finishSending()
            #expect(try await answer.value.hasSuffix("hello"))
            #expect(served.count == 52)
        }
    }

    @Test("a head that takes too long is answered with 408, and the connection ends, RFC 9110 §15.5.9")
    func slowHead() async throws {
        var configuration = HTTPServerConfiguration()
        configuration.headerTimeout = .milliseconds(50)
        try await withServer(Hello(), configuration: configuration) { url in
            let client = try await RawClient(port: try HTTPURL(url).port)
            try await client.send("GET / HTTP/1.1\r\nHo")
            let answer = try await client.receiveText()
            #expect(answer.hasPrefix("HTTP/1.1 408 ") && answer.contains("connection: close"))
        }
    }

    @Test("an idle connection is closed after the keep-alive timeout, RFC 9112 §9.5")
    func idle() async throws {
        var configuration = HTTPServerConfiguration()
        configuration.keepAliveTimeout = .milliseconds(100)
        try await withServer(Hello(), configuration: configuration) { url in
            let port = try HTTPURL(url).port
            let silent = try await RawClient(port: port)
            #expect(try await silent.receive().isEmpty)
            // On a busy machine the timeout may pass before the first request arrives.
            var answer = ""
            while answer.isEmpty {
                let client = try await RawClient(port: port)
                try? await client.send(Self.request)
                answer = try await client.receiveText()
            }
            #expect(answer.hasSuffix("hello"))
        }
    }

    /// Reads bodies completely and echoes them, or answers with the status of the body's error.
    struct Reading: HTTPResponder {
        private static let echo = HTTPField.Name("x-echo") ?? .te
        private static let head = HTTPField.Name("x-authorization-in-head") ?? .te

        nonisolated(nonsending) func respond(to request: HTTPServerRequest) async -> HTTPServerResponse {
            do {
                let body = try await request.body.collect(maxBytes: .max)
                let trailers = await request.body.trailers().map { "\($0.name)=\($0.value)" }.joined(separator: ",")
                return HTTPServerResponse(
                    status: .ok,
                    body: .stream(length: nil) { writer in
                        try await writer.write(body)
                        await writer.setTrailers(
                            HTTPFields([
                                (.server, "dropped"), (Self.echo, trailers),
                                (Self.head, request.head.fields[.authorization] ?? "none"),
                            ])
                        )
                    }
                )
            } catch let error as HTTPBodyError {
                return HTTPServerResponse(status: HTTPStatus(error.status))
            } catch { return HTTPServerResponse(status: .badRequest) }
        }
    }

    @Test("a request body that stalls is answered with 408, RFC 9110 §15.5.9")
    func slowBody() async throws {
        var configuration = HTTPServerConfiguration()
        configuration.bodyIdleTimeout = .milliseconds(50)
        try await withServer(Reading(), configuration: configuration) { url in
            let client = try await RawClient(port: try HTTPURL(url).port)
            try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabc")
            #expect(try await client.receiveText().hasPrefix("HTTP/1.1 408 "))
        }
    }

    @Test("a request body that trickles in is eventually answered with 408, RFC 9110 §15.5.9")
    func trickledBody() async throws {
        var configuration = HTTPServerConfiguration()
        configuration.bodyIdleTimeout = .milliseconds(100)
        configuration.minBodyBytesPerSecond = 1_000
        try await withServer(Reading(), configuration: configuration) { url in
            let client = try await RawClient(port: try HTTPURL(url).port)
            try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n")
            let answer = Task { try await client.receiveText() }
            // The pauses are shorter than the idle timeout.
            #expect(try await client.trickle(2000) < 2000)
            #expect(try await answer.value.hasPrefix("HTTP/1.1 408 "))
        }
    }

    @Test(
        "any part that is longer than its limit is refused with its status, RFC 9110 §15.5 and RFC 6585 §5",
        arguments: [
            ("a request line", "GET /\(String(repeating: "a", count: 300)) HTTP/1.1\r\nHost: a\r\n\r\n", 414),
            ("a header section", "GET / HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "a", count: 600))\r\n\r\n", 431),
            ("a list of fields", "GET / HTTP/1.1\r\nHost: a\r\n\(String(repeating: "X: 1\r\n", count: 30))\r\n", 431),
            ("an announced body", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 101\r\n\r\n", 413),
            (
                "a body in chunks",
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n40\r\n"
                    + String(repeating: "a", count: 64) + "\r\n40\r\n", 413
            ),
        ] as [(String, String, Int)]
    )
    func tooLong(_ what: String, _ request: String, _ status: Int) async throws {
        var configuration = HTTPServerConfiguration()
        configuration.limits.maxStartLineBytes = 256
        configuration.limits.maxHeaderBytes = 512
        configuration.limits.maxHeaderCount = 20
        configuration.limits.maxBodyBytes = 100
        try await withServer(Reading(), configuration: configuration) { url in
            let client = try await RawClient(port: try HTTPURL(url).port)
            try await client.send(request)
            #expect(try await client.receiveText().hasPrefix("HTTP/1.1 \(status) "))
        }
    }

    @Test("trailers are passed in both directions, except fields that may not be trailers, RFC 9110 §6.5")
    func trailers() async throws {
        try await withServer(Reading()) { url in
            let client = try await RawClient(port: try HTTPURL(url).port)
            try await client.send(
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
                    + "2\r\nhi\r\n0\r\nX-Sum: 7\r\nAuthorization: smuggled\r\n\r\n"
            )
            let answer = try await client.receiveText()
            let trailers = "x-echo: x-sum=7,authorization=smuggled\r\nx-authorization-in-head: none\r\n\r\n"
            #expect(answer.hasSuffix("\r\n\r\n2\r\nhi\r\n0\r\n\(trailers)"))
        }
    }
}
