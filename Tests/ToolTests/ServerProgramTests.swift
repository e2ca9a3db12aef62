import BenchmarkTransport
import Foundation
import TestSupport
import Testing

@Suite("A server program at its limits and at its end", .timeLimit(.minutes(1)))
struct ServerProgramTests {
    private static let request = "GET /health HTTP/1.1\r\nHost: a\r\n\r\n"
    private static let answerEnd = "healthy\n"

    /// Returns `ws-echo`, started by a shell that runs a preparation first.
    private func echo(after preparation: String, _ arguments: String = "") -> Program {
        let command = "\(preparation); exec '\(Program.product("ws-echo"))' --port 0 \(arguments)"
        return Program(path: "/bin/sh", arguments: ["-c", command])
    }

    @Test("at the limit of descriptors the connections it has are served, and the others once some have ended")
    func descriptors() async throws {
        let exitCode = try await echo(after: "ulimit -n 32").serve { url in
            let port = try HTTPURL(url).port
            var clients: [RawClient] = []
            for _ in 0..<60 { clients.append(try await RawClient(port: port)) }
            for client in clients { try await client.send(Self.request) }
            for _ in 0..<3 {
                #expect(try await clients[0].receiveText(until: Self.answerEnd).hasPrefix("HTTP/1.1 200 "))
                try await clients[0].send(Self.request)
            }
            while !clients.isEmpty {
                // Each client that leaves makes room for one that waits.
                let client = clients.removeFirst()
                #expect(try await client.receiveText(until: Self.answerEnd).hasPrefix("HTTP/1.1 200 "))
            }
        }
        #expect(exitCode == 0)
    }

    @Test("a soft limit of descriptors is raised to the hard limit")
    func softLimit() async throws {
        let exitCode = try await echo(after: "ulimit -Sn 32").serve { url in
            let port = try HTTPURL(url).port
            var clients: [RawClient] = []
            for _ in 0..<60 { clients.append(try await RawClient(port: port)) }
            for client in clients {
                try await client.send(Self.request)
                #expect(try await client.receiveText(until: Self.answerEnd).hasPrefix("HTTP/1.1 200 "))
            }
        }
        #expect(exitCode == 0)
    }

    @Test("SIGTERM closes a WebSocket with 1012, RFC 6455 §7.4.1")
    func restart() async throws {
        let exitCode = try await echo(after: ":").serve(isStoppedByBody: true) { url, process in
            let socket = try await HTTPClient().openWebSocket(try HTTPURL("\(url)/ws"))
            try await socket.send([1])
            #expect(try await socket.receive() == .binary([1]))
            kill(process, SIGTERM)
            #expect(try await socket.receive() == nil)
            guard case .closed(code: .serviceRestart, _)? = await socket.end else {
                Issue.record("ended otherwise: \(String(describing: await socket.end))")
                return
            }
            await socket.release()
        }
        #expect(exitCode == 0)
    }

    @Test("a WebSocket goes on during the drain period, and the server ends with the last one")
    func drain() async throws {
        let exitCode = try await echo(after: ":", "--drain 3600").serve(isStoppedByBody: true) { url, process in
            let socket = try await HTTPClient().openWebSocket(try HTTPURL("\(url)/ws"))
            kill(process, SIGTERM)
            // The server no longer listens, so it drains, and still serves.
            while (try? await RawClient(port: try HTTPURL(url).port)) != nil {}
            try await socket.send([2])
            #expect(try await socket.receive() == .binary([2]))
            await socket.close()
            await socket.release()
        }
        #expect(exitCode == 0)
    }

    @Test("a program whose output nobody reads ends at a signal")
    func unread() async throws {
        let program = Program(path: Program.product("ws-echo"), arguments: ["--port", "0"])
        let exitCode = try await program.serveUnread { _, process in kill(process, SIGTERM) }
        #expect(exitCode == 0)
    }

    @Test("a service whose log nobody reads ends at a second signal")
    func unreadLog() async throws {
        let program = Program(path: Program.product("shell-tasks"), arguments: ["--port", "0"])
        let exitCode = try await program.serveUnread { url, process in
            // Each request is a line of the log: one blocks the writer, the other waits.
            for _ in 0..<2 {
                _ = try await directClient().send(HTTPClientRequest(.get, try HTTPURL("\(url)/nope")))
            }
            kill(process, SIGTERM)
            while (try? await RawClient(port: try HTTPURL(url).port)) != nil {}
            kill(process, SIGTERM)
        }
        #expect(exitCode == 1)
    }

    @Test("the tasks of a connection end with it")
    func tasks() async throws {
        let exitCode = try await echo(after: ":").serve { url in
            let client = directClient()
            func count() async throws -> Int {
                let answer = try await client.send(HTTPClientRequest(.get, try HTTPURL("\(url)/stats")))
                return try #require(Int(answer.text.dropFirst("tasks ".count).dropLast()))
            }
            let before = try await count()
            var sockets: [WebSocketConnection] = []
            for _ in 0..<10 { sockets.append(try await client.openWebSocket(try HTTPURL("\(url)/ws"))) }
            #expect(try await count() >= before + 10)
            for socket in sockets {
                await socket.close()
                await socket.release()
            }
            while try await count() > before {}
            #expect(try await count() == before)
            client.shutDown()
        }
        #expect(exitCode == 0)
    }

    @Test("a second signal stops a server at once")
    func secondSignal() async throws {
        let exitCode = try await echo(after: ":", "--drain 3600").serve(isStoppedByBody: true) { url, process in
            let socket = try await directClient().openWebSocket(try HTTPURL("\(url)/ws"))
            kill(process, SIGTERM)
            // Connections are accepted until the first signal is handled, and two signals at once count as one.
            while (try? await RawClient(port: try HTTPURL(url).port)) != nil {}
            kill(process, SIGTERM)
            _ = try? await socket.receive()
            await socket.release()
        }
        #expect(exitCode == 1)
    }
}
