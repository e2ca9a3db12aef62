import BenchmarkTransport
import Dispatch
import Foundation
import TestSupport
import Testing

@Suite("How a client connects", .timeLimit(.minutes(1)))
struct ClientConnectingTests {
    private func addresses(_ hosts: [String], port: UInt16 = 1) -> [SocketAddress] {
        hosts.compactMap { SocketAddress(literal: $0, port: port) }
    }

    @Test(
        "the address families of a name alternate, RFC 8305 §4",
        arguments: [
            ([], []), (["10.0.0.1"], ["10.0.0.1"]),
            (["::1", "::2", "10.0.0.1", "10.0.0.2"], ["::1", "10.0.0.1", "::2", "10.0.0.2"]),
            (["10.0.0.1", "10.0.0.2", "10.0.0.3", "::1"], ["10.0.0.1", "::1", "10.0.0.2", "10.0.0.3"]),
        ] as [([String], [String])]
    )
    func order(_ given: [String], _ expected: [String]) {
        #expect(HappyEyeballs.interleaved(addresses(given)).map(\.host) == expected)
    }

    @Test("if one address refuses, the next is tried at once, RFC 8305 §5")
    func refusal() async throws {
        let loop = EventLoopGroup.shared.next()
        let nobody = try RefusingAddress()
        let server = try RawServer(host: "127.0.0.2", port: nobody.address.port)
        // The delay is longer than the test may take: only the refusal can start the second attempt.
        let socket = try await ConnectionRace.connect(
            to: addresses(["127.0.0.1", "127.0.0.2"], port: server.address.port),
            on: loop,
            delay: .seconds(600)
        )
        let connection = try await server.accept()
        loop.execute { socket.close() }
        #expect(await connection.receivesEnd())
    }

    @Test("if one address is silent, the next is tried as well, and the loser is closed, RFC 8305 §5")
    func silence() async throws {
        let loop = EventLoopGroup.shared.next()
        let silent = try RawServer(backlog: 0)
        let port = silent.address.port
        // One connection fills the queue, so that later ones get no answer.
        let filler = try await ConnectionRace.connect(to: addresses(["127.0.0.1"], port: port), on: loop)
        let server = try RawServer(host: "127.0.0.2", port: port)
        let socket = try await ConnectionRace.connect(
            to: addresses(["127.0.0.1", "127.0.0.2"], port: port),
            on: loop,
            delay: .milliseconds(20)
        )
        let connection = try await server.accept()
        let first = try await silent.accept()
        loop.execute {
            socket.close()
            filler.close()
        }
        #expect(await connection.receivesEnd())
        #expect(await first.receivesEnd())
        // Had the loser gone on, it would be accepted now.
        let late = Task { try await silent.accept() }
        silent.stop()
        await #expect(throws: SystemError.self) { try await late.value }
    }

    @Test("if all addresses refuse, the error is that of the last")
    func allRefuse() async throws {
        let nobody = try RefusingAddress()
        let candidates = addresses(["127.0.0.1", "127.0.0.2"], port: nobody.address.port)
        let error = await #expect(throws: SystemError.self) {
            try await ConnectionRace.connect(to: candidates, on: EventLoopGroup.shared.next())
        }
        #expect(error?.description.contains("127.0.0.2:\(nobody.address.port)") == true)
    }

    /// Returns the number of sockets that are connecting to a port.
    private static func attempts(at port: UInt16) -> Int {
        // Read to the end: a file whose size the kernel does not know may take several reads.
        let data = (try? FileHandle(forReadingFrom: URL(fileURLWithPath: "/proc/self/net/tcp")).readToEnd()) ?? nil
        let table = String(decoding: data ?? Data(), as: UTF8.self)
        let digits = String(port, radix: 16, uppercase: true)
        let peer = ":" + String(repeating: "0", count: 4 - digits.count) + digits
        // The local address, the remote address, and the state 02, which is SYN_SENT.
        return table.split(separator: "\n").map { $0.split(separator: " ") }.count {
            $0.count > 3 && $0[2].hasSuffix(peer) && $0[3] == "02"
        }
    }

    @Test("cancelling closes the socket of every attempt, RFC 8305 §5")
    func cancelling() async throws {
        let loop = EventLoopGroup.shared.next()
        let silent = try RawServer(backlog: 0)
        let port = silent.address.port
        let candidates = addresses(["127.0.0.1", "127.0.0.1"], port: port)
        let filler = try await ConnectionRace.connect(to: candidates, on: loop)
        let attempt = Task { try await ConnectionRace.connect(to: candidates, on: loop, delay: .milliseconds(1)) }
        await until { Self.attempts(at: port) == 2 }
        attempt.cancel()
        await #expect(throws: CancellationError.self) { try await attempt.value }
        await until { Self.attempts(at: port) == 0 }
        #expect(Self.attempts(at: port) == 0)
        loop.execute { filler.close() }
        withExtendedLifetime(silent) {}
    }

    @Test("a server that never accepts is an error after the connect timeout, RFC 9112 §9.5")
    func connectTimeout() async throws {
        let loop = EventLoopGroup.shared.next()
        let silent = try RawServer(backlog: 0)
        let filler = try await ConnectionRace.connect(to: [silent.address], on: loop)
        let client = directClient { $0.connectTimeout = .milliseconds(50) }
        let error = await #expect(throws: HTTPClientError.self) {
            try await client.send(HTTPClientRequest(.get, try HTTPURL(silent.url)))
        }
        #expect(error?.code == .timedOut)
        #expect(client.connectionCounts == (0, 0, 0))
        loop.execute { filler.close() }
    }

    @Test("names that take long to resolve hold up no other call, and the wait for them is limited, RFC 9110 §4.3")
    func resolving() async throws {
        try await withServer(LoopbackTests.Echo()) { url in
            let (taken, released) = (Locked(0), DispatchSemaphore(value: 0))
            @Sendable func block() {
                taken.withLock { $0 += 1 }
                released.wait()
            }
            let resolvers = (0..<ServiceExecutor.names.maxThreads).map { _ in
                ServiceExecutor.names.startTask { block() }
            }
            await until { taken.withLock { $0 } == resolvers.count }
            let request = HTTPClientRequest(.get, try HTTPURL("http://localhost:\(HTTPURL(url).port)/nope"))
            let error = await #expect(throws: HTTPClientError.self) {
                try await directClient { $0.connectTimeout = .milliseconds(50) }.send(request)
            }
            #expect(error?.code == .timedOut)
            #expect(try await ServiceExecutor.system.run { 7 } == 7)
            for _ in resolvers { released.signal() }
            for resolver in resolvers { await resolver.value }
            let client = directClient()
            #expect(try await client.send(request).status == 404)
            client.shutDown()
        }
    }

    // MARK: Unix sockets

    @Test("a request reaches a server on a Unix socket, and a second one reuses the connection")
    func unixSocket() async throws {
        try await withTemporaryDirectory { folder in
            let path = "\(folder)/a b.sock"
            let server = try RawServer(path: path)
            try await server.serving { connection in
                while case let head = try await connection.receiveHead(), !head.isEmpty {
                    try await connection.send("HTTP/1.1 200 OK\r\ncontent-length: \(head.utf8.count)\r\n\r\n\(head)")
                }
            } _: {
                let client = directClient()
                let url = try HTTPURL("http+unix://\(HTTPURL.escape(path))/x?y")
                for _ in 0..<2 {
                    let result = try await client.send(HTTPClientRequest(.get, url))
                    #expect(result.text == "GET /x?y HTTP/1.1\r\nhost: localhost\r\n\r\n")
                }
                #expect(client.connectionCounts == (1, 1, 0))
                client.shutDown()
            }
        }
    }

    private func unixServer(_ path: String) -> HTTPServer {
        var configuration = HTTPServerConfiguration()
        configuration.host = "unix:\(path)"
        return HTTPServer(configuration: configuration, responder: LoopbackTests.Echo())
    }

    @Test("a server listens on a Unix socket for requests and WebSockets, and removes the file when it stops")
    func unixServer() async throws {
        try await withTemporaryDirectory { folder in
            let path = "\(folder)/x.sock"
            let server = unixServer(path)
            #expect(try await server.start().description == path)
            let client = directClient()
            let url = "unix://\(HTTPURL.escape(path))"
            let request = HTTPClientRequest(.post, try HTTPURL("http+\(url)/echo"), body: .bytes([1, 2]))
            #expect(try await client.send(request).body == [1, 2])
            let socket = try await client.openWebSocket(try HTTPURL("ws+\(url)/ws"))
            try await socket.send("hello")
            #expect(try await socket.receive() == .text(Array("hello".utf8)))
            await socket.close()
            await socket.release()
            client.shutDown()
            await server.shutDown()
            #expect(try files(below: folder).isEmpty)
        }
    }

    @Test("the file of a Unix socket is replaced only if nothing listens on it")
    func staleSocket() async throws {
        try await withTemporaryDirectory { folder in
            let path = "\(folder)/x.sock"
            // The file stays after its socket is closed.
            _ = try RawServer(path: path)
            let (first, second) = (unixServer(path), unixServer(path))
            try await first.start()
            let error = await #expect(throws: SystemError.self) { try await second.start() }
            #expect(error?.description.contains("in use") == true)
            let client = directClient()
            let url = try HTTPURL("http+unix://\(HTTPURL.escape(path))/nope")
            #expect(try await client.send(HTTPClientRequest(.get, url)).status == 404)
            client.shutDown()
            await first.shutDown()
        }
    }

    @Test("a file that is not a socket is never replaced, and a path that is too long is an error")
    func noSocket() async throws {
        try await withTemporaryDirectory { folder in
            let path = "\(folder)/precious"
            try "data".write(toFile: path, atomically: true, encoding: .utf8)
            await #expect(throws: SystemError.self) { try await unixServer(path).start() }
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "data")
            let long = folder + "/" + String(repeating: "x", count: 108)
            let error = await #expect(throws: AddressError.self) { try await unixServer(long).start() }
            #expect(error?.reason.contains("107") == true)
        }
    }

    @Test("a Unix socket that does not exist is an error that names it")
    func noUnixSocket() async throws {
        let url = try HTTPURL("http+unix://%2Fnowhere%2Fx.sock/")
        let error = await #expect(throws: HTTPClientError.self) {
            try await directClient().send(HTTPClientRequest(.get, url))
        }
        #expect(error?.code == .cannotConnect)
        #expect(error?.message.contains("/nowhere/x.sock") == true)
    }
}
