import BenchmarkTransport
import Foundation

// Streams as many bytes as the path says, for readers slower than the server:
//
//     GET /stream/N       a body of N bytes
//     WebSocket /ws/N     N bytes in binary messages
//
// usage: stream-server [--tls-cert FILE --tls-key FILE]
// The address, on a free port, is printed on standard error.

struct StreamResponder: HTTPResponder {
    static let block = (0..<65_536).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }

    nonisolated(nonsending) func respond(to request: HTTPServerRequest) async -> HTTPServerResponse {
        let parts = request.head.path.split(separator: "/")
        guard parts.count == 2, let count = Int(parts[1]), count >= 0 else { return .init(status: .notFound) }
        switch parts[0] {
        case "stream":
            return HTTPServerResponse(status: .ok, body: .stream(length: count) { writer in
                try await Self.blocks(count) { try await writer.write($0) }
            })
        case "ws":
            return HTTPServerResponse(status: .switchingProtocols, body: .webSocket { socket in
                try? await Self.blocks(count) { try await socket.send($0) }
            })
        default: return .init(status: .notFound)
        }
    }

    private nonisolated(nonsending) static func blocks(
        _ count: Int,
        _ send: nonisolated(nonsending) ([UInt8]) async throws -> Void
    ) async throws {
        var rest = count
        while rest > 0 {
            try await send(rest >= block.count ? block : Array(block.prefix(rest)))
            rest -= min(rest, block.count)
        }
    }
}

var configuration = HTTPServerConfiguration()
// A reader may pause for as long as it likes.
configuration.writeStallTimeout = .seconds(3600)
configuration.webSocket.pingInterval = nil
let arguments = CommandLine.arguments
if arguments.count == 5, arguments[1] == "--tls-cert", arguments[3] == "--tls-key" {
    configuration.tls = TLSServerConfiguration(certificateFile: arguments[2], privateKeyFile: arguments[4])
}
let server = HTTPServer(configuration: configuration, responder: StreamResponder())
let address = try await server.start()
FileHandle.standardError.write(Data("stream-server: serving on \(configuration.scheme)://\(address)\n".utf8))
while true { try await Task.sleep(for: .seconds(3600)) }
