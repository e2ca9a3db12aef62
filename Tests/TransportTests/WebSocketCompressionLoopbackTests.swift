import BenchmarkTransport
import TestSupport
import Testing

@Suite("Compressed messages over loopback, RFC 7692")
struct WebSocketCompressionLoopbackTests {
    struct Echo: HTTPResponder {
        nonisolated(nonsending) func respond(to request: HTTPServerRequest) async -> HTTPServerResponse {
            HTTPServerResponse(
                status: .switchingProtocols,
                body: .webSocket { socket in
                    do {
                        while let message = try await socket.receive() {
                            switch message {
                            case .text(let bytes): try await socket.send(utf8: bytes)
                            case .binary(let bytes): try await socket.send(bytes)
                            }
                        }
                    } catch {}
                }
            )
        }
    }

    private func withServer(
        _ compression: WebSocketCompression,
        maxMessageBytes: Int = 16 << 20,
        _ body: (SocketAddress) async throws -> Void
    ) async throws {
        var configuration = HTTPServerConfiguration()
        configuration.webSocket.compression = compression
        configuration.webSocket.maxMessageBytes = maxMessageBytes
        let server = HTTPServer(configuration: configuration, responder: Echo())
        let address = try await server.start()
        do { try await body(address) } catch {
            await server.shutDown()
            throw error
        }
        await server.shutDown()
    }

    @Test(
        "messages are echoed in order, whichever side compresses",
        arguments: WebSocketCompression.allCases,
        WebSocketCompression.allCases
    )
    func echo(_ server: WebSocketCompression, _ client: WebSocketCompression) async throws {
        try await withServer(server) { address in
            var configuration = WebSocketConfiguration()
            configuration.compression = client
            let url = try HTTPURL("http://\(address)/")
            let socket = try await directClient().openWebSocket(url, webSocket: configuration)
            for count in [0, 1, 1023, 1024, 5000, 200_000] {
                let (text, noise) = (sampleText(count, seed: 1), sampleNoise(count, seed: 2))
                try await socket.send(utf8: text)
                try await socket.send(noise)
                let isText = try await socket.receive() == .text(text)
                let isNoise = try await socket.receive() == .binary(noise)
                #expect(isText && isNoise)
            }
            await socket.release()
        }
    }

    private static func request(_ extensions: String) -> String {
        "GET / HTTP/1.1\r\nhost: h\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\n"
            + "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-extensions: \(extensions)\r\n\r\n"
    }

    @Test("a server compresses for a client that offers it, and closes a bomb with 1009")
    func rawClient() async throws {
        try await withServer(.accepted, maxMessageBytes: 100_000) { address in
            let client = try await RawClient(port: address.port)
            try await client.send(Self.request("permessage-deflate; client_max_window_bits"))
            let head = try await client.receiveText(until: "\r\n\r\n")
            #expect(
                head.lowercased().contains(
                    "sec-websocket-extensions: permessage-deflate; client_max_window_bits=12\r\n"
                )
            )
            var codec = WebSocketProtocol(role: .client, deflate: WebSocketDeflate(client: .init(windowBits: 12)))
            var (output, input) = (ByteBuffer(), ByteBuffer())
            let text = sampleText(50_000, seed: 9)
            text.withUnsafeBytes { codec.send(text: $0, to: &output) }
            try await client.send(output.take(output.count))
            var event: WebSocketEvent?
            while event == nil {
                let bytes = try await client.receive { !$0.isEmpty }
                #expect(!bytes.isEmpty)
                if bytes.isEmpty { return }
                if input.isEmpty { #expect(bytes.first == 0xc1) }
                input.append(contentsOf: bytes)
                // The frame is decoded once it is complete.
                if input.count < 4 || input.count < 4 + Int(input[2]) << 8 + Int(input[3]) { continue }
                event = codec.next(&input, &output)
            }
            let isSame = event == .message(.text(text))
            #expect(isSame)
            [UInt8](repeating: 0, count: 4 << 20).withUnsafeBytes { codec.send(binary: $0, to: &output) }
            try await client.send(output.take(output.count))
            let close = try await client.receive { $0.count >= 4 }
            #expect(close.prefix(1) == [0x88])
            #expect(close.dropFirst(2).prefix(2) == [0x03, 0xf1])
        }
    }

    @Test("a server refuses malformed extensions with 400, RFC 6455 §9.1")
    func refuses() async throws {
        try await withServer(.accepted) { address in
            let client = try await RawClient(port: address.port)
            try await client.send(Self.request("permessage-deflate; ="))
            #expect(try await client.receiveText().hasPrefix("HTTP/1.1 400 "))
        }
    }
}
