import BenchmarkTransport
import TestSupport
import Testing

@Suite("Requests with streamed bodies", .timeLimit(.minutes(1)))
struct ClientUploadTests {
    /// The outcome of a body's closure.
    private actor Outcome {
        var error: (any Error)?
        var written = 0
        func wrote(_ count: Int) { written += count }
        func failed(_ error: any Error) { self.error = error }
    }

    /// Writes until it is stopped.
    private func endless(_ outcome: Outcome) -> HTTPClientRequest.Body {
        .stream(length: nil) { writer in
            do {
                while true {
                    try await writer.write([UInt8](repeating: 0, count: 10_000))
                    await outcome.wrote(10_000)
                }
            } catch {
                await outcome.failed(error)
                throw error
            }
        }
    }

    private static let refusal = "HTTP/1.1 413 Content Too Large\r\ncontent-length: 8\r\n\r\ntoo much"

    @Test("a refusal during an upload is the response, and the upload stops, RFC 9112 §9.5")
    func refusedUpload() async throws {
        let server = try RawServer()
        try await server.serving { connection in
            _ = try await connection.receiveHead()
            try await connection.send(Self.refusal)
            // The server reads no more, but the client closes nevertheless.
            #expect(await connection.receivesEnd())
        } _: {
            let client = directClient()
            let outcome = Outcome()
            let request = HTTPClientRequest(.post, try HTTPURL(server.url), body: endless(outcome))
            let result = try await client.send(request)
            #expect(result.status == 413)
            #expect(result.text == "too much")
            #expect((await outcome.error as? HTTPClientError)?.code == .answeredEarly)
            #expect(client.connectionCounts == (0, 0, 0))
        }
    }

    @Test("a refusal followed by the end of the connection is the response, RFC 9112 §9.6")
    func refusedAndClosed() async throws {
        let server = try RawServer()
        try await server.serving { connection in
            _ = try await connection.receiveHead()
            try await connection.send(Self.refusal)
            connection.finishSending()
        } _: {
            let client = directClient()
            let request = HTTPClientRequest(.post, try HTTPURL(server.url), body: endless(Outcome()))
            #expect(try await client.send(request).text == "too much")
            #expect(client.connectionCounts == (0, 0, 0))
        }
    }

    @Test("a refusal of a body in memory is the response, RFC 9112 §9.5")
    func refusedBytes() async throws {
        let server = try RawServer()
        try await server.serving { connection in
            _ = try await connection.receiveHead()
            try await connection.send(Self.refusal)
            #expect(await connection.receivesEnd())
        } _: {
            let client = directClient()
            let body = HTTPClientRequest.Body.bytes([UInt8](repeating: 0, count: 20_000_000))
            let result = try await client.send(HTTPClientRequest(.post, try HTTPURL(server.url), body: body))
            #expect(result.text == "too much")
            #expect(client.connectionCounts == (0, 0, 0))
        }
    }

    @Test("a 2xx response that starts during an upload is read concurrently with it")
    func sideBySide() async throws {
        let server = try RawServer()
        try await server.serving { connection in
            _ = try await connection.receiveHead()
            try await connection.send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
            for _ in 0..<3 {
                _ = try await connection.receiveText(until: "ping\r\n")
                try await connection.send("4\r\npong\r\n")
            }
            _ = try await connection.receiveText(until: "0\r\n\r\n")
            try await connection.send("0\r\n\r\n")
            _ = await connection.receivesEnd()
        } _: {
            let client = directClient()
            let answers = BoundedChannel<Int>(capacity: 10)
            let body = HTTPClientRequest.Body.stream(length: nil) { writer in
                for _ in 0..<3 {
                    try await writer.write(Array("ping".utf8))
                    _ = try await answers.nextBatch(reusing: [])
                }
            }
            let request = HTTPClientRequest(.post, try HTTPURL(server.url), body: body)
            let text = try await client.withResponse(to: request) { response in
                var text = ""
                while let bytes = try await response.nextBytes() {
                    text += String(decoding: bytes, as: UTF8.self)
                    try await answers.send(1)
                }
                return text
            }
            #expect(text == "pongpongpong")
            #expect(client.connectionCounts == (1, 1, 0))
            client.shutDown()
        }
    }

    @Test("a caller that leaves an early 2xx response unread does not wait for the upload, RFC 9112 §9.3")
    func leftUnread() async throws {
        let server = try RawServer()
        try await server.serving { connection in
            _ = try await connection.receiveHead()
            try await connection.send("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nh")
            #expect(await connection.receivesEnd())
        } _: {
            let client = directClient()
            let body = HTTPClientRequest.Body.stream(length: nil) { writer in
                try await writer.write(Array("ping".utf8))
                try await OneShotEvent().waitUnlessCancelled()
            }
            let request = HTTPClientRequest(.post, try HTTPURL(server.url), body: body)
            #expect(try await client.withResponse(to: request) { $0.head.status } == .ok)
            #expect(client.connectionCounts == (0, 0, 0))
        }
    }

    @Test("an error of a body's closure is thrown, and the request is not made to look complete, RFC 9112 §8")
    func producerFails() async throws {
        struct Failure: Error {}
        let server = try RawServer()
        try await server.serving { connection in
            let text = try await connection.receiveText(until: "0\r\n\r\n")
            #expect(!text.contains("0\r\n\r\n"))
        } _: {
            let client = directClient()
            let body = HTTPClientRequest.Body.stream(length: nil) { writer in
                try await writer.write(Array("ab".utf8))
                throw Failure()
            }
            let request = HTTPClientRequest(.put, try HTTPURL(server.url), body: body)
            await #expect(throws: Failure.self) { try await client.send(request) }
            #expect(client.connectionCounts == (0, 0, 0))
        }
    }

    @Test(
        "a body that does not have its announced length is an error, RFC 9110 §8.6",
        arguments: [(3, "is 1 bytes short"), (1, "longer")]
    )
    func wrongLength(_ length: Int, _ reason: String) async throws {
        let server = try RawServer()
        try await server.serving { connection in
            #expect(await connection.receivesEnd())
        } _: {
            let body = HTTPClientRequest.Body.stream(length: length) { try await $0.write([1, 2]) }
            let error = await #expect(throws: HTTPClientError.self) {
                try await directClient().send(HTTPClientRequest(.put, try HTTPURL(server.url), body: body))
            }
            #expect(error?.message.contains(reason) == true)
        }
    }

    @Test("a negative length is an error, and not even a connection is made, RFC 9110 §8.6")
    func negativeLength() async throws {
        let server = try RawServer()
        let connections = Locked(0)
        try await server.serving { _ in
            connections.withLock { $0 += 1 }
        } _: {
            let body = HTTPClientRequest.Body.stream(length: -5) { _ in }
            let error = await #expect(throws: HTTPClientError.self) {
                try await directClient().send(HTTPClientRequest(.put, try HTTPURL(server.url), body: body))
            }
            #expect(error?.message.contains("-5") == true, "\(error?.message ?? "no error")")
        }
        #expect(connections.withLock { $0 } == 0)
    }

    // MARK: Expectations

    @Test("a body is held back until the server asks for it, RFC 9110 §10.1.1", arguments: [true, false])
    func asked(_ isStreamed: Bool) async throws {
        let server = try RawServer()
        try await server.serving { connection in
            let head = try await connection.receiveText(until: "\r\n\r\n")
            #expect(head.hasSuffix("\r\n\r\n"))
            #expect(head.contains("expect: 100-continue\r\n"))
            try await connection.send("HTTP/1.1 100 Continue\r\n\r\n")
            let body = try await connection.receiveText(until: "body")
            #expect(body == "body")
            try await connection.send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
            _ = await connection.receivesEnd()
        } _: {
            let client = directClient { $0.continueTimeout = .seconds(600) }
            let bytes = Array("body".utf8)
            var request = HTTPClientRequest(.put, try HTTPURL(server.url))
            request.body = isStreamed ? .stream(length: 4) { try await $0.write(bytes) } : .bytes(bytes)
            request.expectsContinue = true
            #expect(try await client.send(request).text == "ok")
            #expect(client.connectionCounts == (1, 1, 0))
            client.shutDown()
        }
    }

    @Test("a body that the server refuses in advance is not sent, RFC 9110 §10.1.1")
    func refusedBeforehand() async throws {
        let server = try RawServer()
        try await server.serving { connection in
            _ = try await connection.receiveHead()
            try await connection.send(Self.refusal)
            #expect(try await connection.receive().isEmpty)
        } _: {
            let client = directClient { $0.continueTimeout = .seconds(600) }
            let outcome = Outcome()
            var request = HTTPClientRequest(.post, try HTTPURL(server.url), body: endless(outcome))
            request.expectsContinue = true
            #expect(try await client.send(request).text == "too much")
            #expect(await outcome.written == 0)
            #expect(client.connectionCounts == (0, 0, 0))
        }
    }

    @Test("a body is sent after the timeout to a server that does not send 100, RFC 9110 §10.1.1")
    func silentServer() async throws {
        let server = try RawServer()
        try await server.serving { connection in
            _ = try await connection.receiveText(until: "body")
            try await connection.send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
            _ = await connection.receivesEnd()
        } _: {
            let client = directClient { $0.continueTimeout = .milliseconds(20) }
            var request = HTTPClientRequest(.put, try HTTPURL(server.url), body: .bytes(Array("body".utf8)))
            request.expectsContinue = true
            #expect(try await client.send(request).text == "ok")
            client.shutDown()
        }
    }

    @Test("a request whose expectation failed is sent again without it, RFC 9110 §15.5.18")
    func expectationFailed() async throws {
        let server = try RawServer()
        try await server.serving { connection in
            let head = try await connection.receiveHead()
            if head.contains("expect:") {
                return try await connection.send("HTTP/1.1 417 No\r\ncontent-length: 0\r\n\r\n")
            }
            try await connection.send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
            _ = await connection.receivesEnd()
        } _: {
            let client = directClient()
            var request = HTTPClientRequest(.put, try HTTPURL(server.url), body: .bytes(Array("body".utf8)))
            request.expectsContinue = true
            #expect(try await client.send(request).text == "ok")
            client.shutDown()
        }
    }

    // MARK: Trailers

    /// Answers with the request's body and trailers.
    struct Mirror: HTTPResponder {
        nonisolated(nonsending) func respond(to request: HTTPServerRequest) async -> HTTPServerResponse {
            let body = request.body
            return HTTPServerResponse(
                status: .ok,
                body: .stream(length: nil) { writer in
                    while let bytes = try await body.next() { try await writer.write(bytes) }
                    await writer.setTrailers(await body.trailers())
                }
            )
        }
    }

    @Test("trailers are sent and received after chunked bodies, RFC 9110 §6.5")
    func trailers() async throws {
        try await withServer(Mirror()) { url in
            let client = directClient()
            let body = HTTPClientRequest.Body.stream(length: nil) { writer in
                try await writer.write(Array("body".utf8))
                var trailers = HTTPFields([(.authorization, "secret"), (.contentLength, "1")])
                trailers.set("x-checksum", "42")
                await writer.setTrailers(trailers)
            }
            for _ in 0..<2 {
                let result = try await client.send(HTTPClientRequest(.post, try HTTPURL(url), body: body))
                #expect(result.text == "body")
                #expect(result.trailers["x-checksum"] == "42")
                #expect(result.trailers.count == 1)
                #expect(!result.head.fields.contains(.authorization))
            }
            #expect(client.connectionCounts == (1, 1, 0))
            client.shutDown()
        }
    }
}
