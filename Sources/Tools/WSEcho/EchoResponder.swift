import BenchmarkTransport

/// Echoes the bodies of requests and the messages of WebSockets.
struct EchoResponder: HTTPResponder {
    let maxBodyBytes: Int

    nonisolated(nonsending) func respond(to request: HTTPServerRequest) async -> HTTPServerResponse {
        let method = request.head.method
        let path = request.head.path
        if request.head.asksForWebSocket, path == "/" || path == "/ws" || path.hasPrefix("/ws/") {
            return HTTPServerResponse(status: .ok, body: .webSocket(Self.echo))
        }
        switch path {
        case "/health":
            if method == .get || method == .head { return Self.text(.ok, "healthy\n") }
            return Self.notAllowed("GET, HEAD")
        case "/stats":
            // For finding leaks: every connection is a task, and so is the work done for it.
            let count = EventLoopGroup.shared.taskCount
            return method == .get ? Self.text(.ok, "tasks \(count)\n") : Self.notAllowed("GET")
        case "/echo": return method == .post ? await echoBody(request) : Self.notAllowed("POST")
        default: return Self.text(.notFound, "not found\n")
        }
    }

    private nonisolated(nonsending) func echoBody(_ request: HTTPServerRequest) async -> HTTPServerResponse {
        do {
            let body = try await request.body.collect(maxBytes: maxBodyBytes)
            var response = HTTPServerResponse(status: .ok, body: .bytes(body))
            response.fields.set(.contentType, request.head.fields[.contentType] ?? "application/octet-stream")
            return response
        } catch let error as HTTPBodyError {
            return Self.text(HTTPStatus(error.status), "\(error)\n")
        } catch {
            return Self.text(.badRequest, "\(error)\n")
        }
    }

    /// Sends each message back until the peer closes.
    @Sendable static func echo(_ socket: WebSocketConnection) async {
        do {
            while let message = try await socket.receive() {
                switch message {
                case .text(let utf8): try await socket.send(utf8: utf8)
                case .binary(let bytes): try await socket.send(bytes)
                }
            }
        } catch {
            // The connection has ended, and the peer has been told why.
        }
    }

    private static func text(_ status: HTTPStatus, _ text: String) -> HTTPServerResponse {
        HTTPServerResponse(
            status: status,
            fields: HTTPFields([(.contentType, "text/plain; charset=utf-8")]),
            body: .bytes(Array(text.utf8))
        )
    }

    private static func notAllowed(_ allowed: String) -> HTTPServerResponse {
        var response = text(.methodNotAllowed, "method not allowed\n")
        response.fields.set(.allow, allowed)
        return response
    }
}
