import BenchmarkTransport
import Foundation
import TestSupport
import Testing

@Suite("A server as a program, at its limits and at its end")
struct ServerProgramTests {
    private static let request = "GET /health HTTP/1.1\r\nHost: a\r\n\r\n"
    private static let answerEnd = "healthy\n"

    /// `ws-echo`, started by a shell that does something first.
    private func echo(after preparation: String, _ arguments: String = "") -> Program {
        let command = "\(preparation); exec '\(Program.product("ws-echo"))' --port 0 \(arguments)"
        return Program(path: "/bin/sh", arguments: ["-c", command])
    }

    @Test("at the ceiling of descriptors it serves those it has, and the others when some are gone")
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
                // Each that leaves makes room for one that waits.
                let client = clients.removeFirst()
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

    @Test("a WebSocket goes on for the drain period, and the server ends with the last of them")
    func drain() async throws {
        let exitCode = try await echo(after: ":", "--drain 3600").serve(isStoppedByBody: true) { url, process in
            let socket = try await HTTPClient().openWebSocket(try HTTPURL("\(url)/ws"))
            kill(process, SIGTERM)
            // It listens no more, so it drains, and still serves.
            while (try? await RawClient(port: try HTTPURL(url).port)) != nil {}
            try await socket.send([2])
            #expect(try await socket.receive() == .binary([2]))
            await socket.close()
            await socket.release()
        }
        #expect(exitCode == 0)
    }

    @Test("a second signal stops it at once")
    func secondSignal() async throws {
        let exitCode = try await echo(after: ":", "--drain 3600").serve(isStoppedByBody: true) { url, process in
            let socket = try await directClient().openWebSocket(try HTTPURL("\(url)/ws"))
            kill(process, SIGTERM)
            // Until the first signal is heard a connection can be made; two that come at once count as one.
            while (try? await RawClient(port: try HTTPURL(url).port)) != nil {}
            kill(process, SIGTERM)
            _ = try? await socket.receive()
            await socket.release()
        }
        #expect(exitCode == 1)
    }
}
