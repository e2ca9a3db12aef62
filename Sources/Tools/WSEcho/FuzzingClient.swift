import BenchmarkTransport

/// A client of the Autobahn TestSuite's fuzzing server: asks how many cases there are, echoes in each, and has the
/// report written.
struct FuzzingClient {
    private static let agent = "swift-benchmark-service"

    let url: HTTPURL
    let client: HTTPClient
    let webSocket: WebSocketConfiguration

    func run() async throws {
        var webSocket = webSocket
        webSocket.pingInterval = nil
        let count = try await self.count(webSocket)
        for number in 1...max(1, count) {
            // The suite judges how a case ends.
            do {
                let socket = try await open("/runCase?case=\(number)&agent=\(Self.agent)", webSocket)
                await EchoResponder.echo(socket)
                await socket.release()
            } catch let error as HTTPClientError {
                report("case \(number): \(error)")
            }
        }
        let socket = try await open("/updateReports?agent=\(Self.agent)", webSocket)
        while try await socket.receive() != nil {}
        await socket.release()
    }

    private func count(_ webSocket: WebSocketConfiguration) async throws -> Int {
        let socket = try await open("/getCaseCount", webSocket)
        var count = 0
        while let message = try await socket.receive() {
            if case .text(let utf8) = message { count = Int(String(decoding: utf8, as: UTF8.self)) ?? 0 }
        }
        await socket.release()
        if count < 1 { throw UsageError(message: "\(url) reported no number of cases") }
        return count
    }

    private func open(_ target: String, _ webSocket: WebSocketConfiguration) async throws -> WebSocketConnection {
        try await client.openWebSocket(try url.resolve(target), webSocket: webSocket)
    }
}
