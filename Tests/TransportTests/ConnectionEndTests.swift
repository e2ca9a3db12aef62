import BenchmarkTransport
import Foundation
import TestSupport
import Testing

@Suite("The end of a server's connection", .timeLimit(.minutes(2)))
struct ConnectionEndTests {
    /// Answers with as many bytes as the path says.
    struct Sized: HTTPResponder {
        nonisolated(nonsending) func respond(to request: HTTPServerRequest) async -> HTTPServerResponse {
            let count = Int(request.head.path.dropFirst()) ?? 0
            return HTTPServerResponse(status: .ok, body: .bytes([UInt8](repeating: 7, count: count)))
        }
    }

    @Test("a graceful stop does not cut a response that its peer has not taken yet, RFC 9112 §9.6")
    func stopsAfterResponses() async throws {
        try await withTemporaryDirectory { directory in
            var configuration = HTTPServerConfiguration()
            configuration.host = "unix:\(directory)/server.sock"
            let server = HTTPServer(configuration: configuration, responder: Sized())
            let url = "http+unix://\(HTTPURL.escape("\(directory)/server.sock"))"
            try await server.start()
            // Some end within what the system takes, some beyond it, and some just after, in the server's own buffer.
            let sizes = Array(stride(from: 128 * 1024, through: 512 * 1024, by: 16 * 1024))
            let (begun, mayRead) = (Locked(0), OneShotEvent())
            let client = directClient()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for size in sizes {
                    group.addTask {
                        let request = HTTPClientRequest(.get, try HTTPURL("\(url)/\(size)"))
                        let body = try await client.withResponse(to: request) { response in
                            begun.withLock { $0 += 1 }
                            await mayRead.wait()
                            return try await response.collect(maxBytes: .max)
                        }
                        #expect(body.count == size)
                    }
                }
                await until { begun.withLock { $0 } == sizes.count }
                let stopped = Task { await server.shutDown() }
                await until { (try? Self.isListening(directory)) != true }
                for loop in EventLoopGroup.shared.all + EventLoopGroup.shared.all { await loop.startTask {}.value }
                mayRead.fire()
                try await group.waitForAll()
                await stopped.value
            }
        }
    }

    private static func isListening(_ directory: String) throws -> Bool {
        try FileManager.default.contentsOfDirectory(atPath: directory).contains("server.sock")
    }

    @Test("a stop does not wait for a body that nobody reads, RFC 9112 §9.3")
    func stopsWithinBody() async throws {
        let server = HTTPServer(responder: Sized())
        let client = try await RawClient(port: try await server.start().port)
        try await client.send("POST /5 HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nbegin")
        _ = try await client.receiveText(until: "\u{7}\u{7}\u{7}\u{7}\u{7}")
        let stopped = Task { await server.shutDown() }
        // Throws when nothing comes for 20 seconds; the body could be waited for longer.
        #expect(try await client.receive().isEmpty)
        client.finishSending()
        await stopped.value
    }

    @Test("a body that its responder did not read is discarded up to a limit to keep the connection, RFC 9112 §9.3")
    func discarded() async throws {
        var configuration = HTTPServerConfiguration()
        configuration.maxDiscardedBodyBytes = 10
        for (count, isKept) in [(10, true), (11, false)] {
            let answers = try await withServer(HTTPServerRefusalTests.Hello(), configuration: configuration) { url in
                let client = try await RawClient(port: try HTTPURL(url).port)
                let body = String(repeating: "x", count: count)
                try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(count)\r\n\r\n\(body)")
                try await client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                return try await client.receiveText()
            }
            #expect(answers.ranges(of: "hello").count == (isKept ? 2 : 1))
        }
    }

    @Test("a body that nobody reads is waited for no longer than the body idle timeout in all, RFC 9112 §9.3")
    func discardsForATime() async throws {
        var configuration = HTTPServerConfiguration()
        configuration.bodyIdleTimeout = .milliseconds(200)
        configuration.minBodyBytesPerSecond = 1
        try await withServer(Sized(), configuration: configuration) { url in
            let client = try await RawClient(port: try HTTPURL(url).port)
            try await client.send("POST /5 HTTP/1.1\r\nHost: a\r\nContent-Length: 2000\r\n\r\n")
            let answer = Task { try await client.receiveText() }
            #expect(try await client.trickle(2000) < 2000)
            #expect(try await answer.value.hasPrefix("HTTP/1.1 200 "))
        }
    }

    @Test("a body read that its responder left behind takes nothing from the next request, RFC 9112 §9.3")
    func abandonedRead() async throws {
        struct Leaving: HTTPResponder {
            let readHasBegun = OneShotEvent()
            nonisolated(nonsending) func respond(to request: HTTPServerRequest) async -> HTTPServerResponse {
                _ = EventLoopGroup.shared.next().startTask { _ = try? await request.body.next() }
                await readHasBegun.wait()
                return HTTPServerResponse(status: .ok, body: .bytes(Array("answer;".utf8)))
            }
        }
        let responder = Leaving()
        try await withServer(responder) { url in
            let client = try await RawClient(port: try HTTPURL(url).port)
            // The read is what asks for the body, RFC 9110 §10.1.1.
            try await client.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
            _ = try await client.receiveText(until: "HTTP/1.1 100 Continue\r\n\r\n")
            responder.readHasBegun.fire()
            let first = try await client.receiveText(until: "answer;")
            try? await client.send("helloGET / HTTP/1.1\r\nHost: a\r\n\r\n")
            let rest = try await client.receiveText()
            #expect(first.hasPrefix("HTTP/1.1 200 ") && rest.isEmpty)
        }
    }

    @Test(
        "an HTTP/1.0 peer can tell a response that was cut from a complete one, RFC 9112 §8",
        arguments: [true, false]
    )
    func cut(_ fails: Bool) async throws {
        struct Failing: HTTPResponder {
            let fails: Bool
            nonisolated(nonsending) func respond(to request: HTTPServerRequest) async -> HTTPServerResponse {
                HTTPServerResponse(
                    status: .ok,
                    body: .stream(length: nil) { [fails] writer in
                        try await writer.write(Array("part".utf8))
                        if fails { throw CancellationError() }
                    }
                )
            }
        }
        try await withServer(Failing(fails: fails)) { url in
            let client = try await RawClient(port: try HTTPURL(url).port)
            try await client.send("GET / HTTP/1.0\r\n\r\n")
            #expect(try await client.endsWithReset() == fails)
        }
    }

    @Test("a response to which the protocol allows no content has none, RFC 9110 §15.3.6", arguments: [204, 205, 304])
    func withoutContent(_ status: Int) async throws {
        struct Wordy: HTTPResponder {
            let status: Int
            nonisolated(nonsending) func respond(to request: HTTPServerRequest) async -> HTTPServerResponse {
                let body = Array("content".utf8)
                return HTTPServerResponse(
                    status: HTTPStatus(status),
                    body: request.head.path == "/stream"
                        ? .stream(length: nil) { try await $0.write(body) } : .bytes(body)
                )
            }
        }
        try await withServer(Wordy(status: status)) { url in
            let client = try await RawClient(port: try HTTPURL(url).port)
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /stream HTTP/1.1\r\nHost: a\r\n\r\n")
            client.finishSending()
            let answers = try await client.receiveText()
            #expect(answers.ranges(of: "HTTP/1.1 \(status) ").count == 2)
            #expect(answers.hasSuffix("\r\n\r\n") && !answers.contains("\r\n\r\ncontent"))
        }
    }

    @Test("a server starts once, and not after it has been stopped")
    func startsOnce() async throws {
        let server = HTTPServer(responder: Sized())
        try await server.start()
        await #expect(throws: SystemError.self) { try await server.start() }
        await server.shutDown()
        await #expect(throws: SystemError.self) { try await server.start() }
        let stopped = HTTPServer(responder: Sized())
        await stopped.shutDown()
        await #expect(throws: SystemError.self) { try await stopped.start() }
    }
}
