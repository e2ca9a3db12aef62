import BenchmarkProtocol
import BenchmarkTransport

/// Answers requests: after authentication by the route, with a redirect to its other spelling, or with an error.
///
/// Every error becomes a response here.
struct Router: HTTPResponder {
    private let routes: [ScalarString: [Route]]
    private let streams: [ScalarString: StreamRoute]
    private let openPaths: Set<ScalarString>
    private let authorize: @Sendable (HTTPFields) async throws -> Bool
    private let scheme: String
    private let proxies: TrustedProxies
    private let log: ServiceLog
    private let metrics: ServiceMetrics?

    init(
        routes: [Route],
        streams: [StreamRoute],
        openPaths: [String],
        authorize: @escaping @Sendable (HTTPFields) async throws -> Bool,
        scheme: String,
        proxies: TrustedProxies,
        log: ServiceLog,
        metrics: ServiceMetrics? = nil
    ) {
        self.routes = Dictionary(grouping: routes) { ScalarString($0.path) }
        self.streams = Dictionary(streams.map { (ScalarString($0.path), $0) }) { first, _ in first }
        (self.authorize, self.scheme, self.proxies, self.log) = (authorize, scheme, proxies, log)
        self.openPaths = Set(openPaths.map { ScalarString($0) })
        self.metrics = metrics
    }

    nonisolated(nonsending) func respond(to request: HTTPServerRequest) async -> HTTPServerResponse {
        let id = RequestID.of(request.head.fields)
        var request = request
        // Handlers and the log read the id from there.
        request.head.fields.set(RequestID.field, id)
        let start = EventLoop.monotonicNow()
        var response = await found(request)
        response.fields.set(RequestID.field, id)
        if let metrics {
            let path = ScalarString(request.head.path)
            let isKnown = routes[path] != nil || streams[path] != nil
            let duration = Duration.nanoseconds(EventLoop.monotonicNow() - start)
            metrics.request(isKnown ? request.head.path : "other", request.head.method, response.status, duration)
        }
        return response
    }

    private nonisolated(nonsending) func found(_ request: HTTPServerRequest) async -> HTTPServerResponse {
        let path = request.head.path
        if request.head.asksForWebSocket { return stream(request, path) }
        do {
            // Open paths are compared percent-decoded, as routes are.
            if !openPaths.contains(ScalarString(path)), try await !isAuthorized(request.head.fields, metrics) {
                return ErrorResponse.detail(401, "Unauthorized")
            }
            return try await answer(request, path)
        } catch {
            return ErrorResponse.response(for: error, request.head, log)
        }
    }

    private nonisolated(nonsending) func isAuthorized(
        _ fields: HTTPFields,
        _ metrics: ServiceMetrics?
    ) async throws -> Bool {
        do {
            let isAllowed = try await authorize(fields)
            metrics?.authentication(isAllowed ? .done : .refused)
            return isAllowed
        } catch {
            metrics?.authentication(.failed)
            throw UnexpectedError(underlying: error)  // any error of the hook is a 500, even a refusal
        }
    }

    private nonisolated(nonsending) func answer(
        _ request: HTTPServerRequest,
        _ path: String
    ) async throws -> HTTPServerResponse {
        if let candidates = routes[ScalarString(path)] {
            guard let route = candidates.first(where: { $0.method == request.head.method }) else {
                var refusal = ErrorResponse.detail(405, "Method Not Allowed")
                refusal.fields.set(.allow, candidates.map(\.method.rawValue).joined(separator: ", "))
                return refusal
            }
            return try await route.handle(request)
        }
        if let location = otherSpelling(request, path) {
            var redirect = HTTPServerResponse(status: .temporaryRedirect)
            redirect.fields.set(.location, location)
            return redirect
        }
        return ErrorResponse.detail(404, "Not Found")
    }

    /// Returns the absolute URL of the route whose path differs only by its trailing slash; `nil` if there is none.
    private func otherSpelling(_ request: HTTPServerRequest, _ path: String) -> String? {
        func toggled(_ path: String) -> String {
            guard path.utf8.last == UInt8(ascii: "/") else { return path + "/" }
            return String(decoding: path.utf8.reversed().drop { $0 == UInt8(ascii: "/") }.reversed(), as: UTF8.self)
        }
        let rawPath = toggled(request.head.rawPath)
        // An escaped slash is part of the decoded path, but cannot be removed from the raw one: the URL must lead to
        // the route.
        guard routes[ScalarString(toggled(path))] != nil, HTTPRequestHead.decoded(rawPath.utf8) == toggled(path) else {
            return nil
        }
        let query = request.head.query.map { "?\($0)" } ?? ""
        let host = request.head.authority ?? request.head.fields[.host] ?? "localhost"
        return "\(scheme(of: request))://\(host)\(rawPath)\(query)"
    }

    /// Returns the server's own scheme, or `https` if a trusted proxy says that the client used it.
    ///
    /// A redirect to `http` would make clients drop their credentials.
    private func scheme(of request: HTTPServerRequest) -> String {
        proxies.saySecure(request.head.fields, from: request.peer) ? "https" : scheme
    }

    /// Accepts a WebSocket; the stream's handler checks the authentication after the handshake, and closes with 1008.
    private func stream(_ request: HTTPServerRequest, _ path: String) -> HTTPServerResponse {
        guard let route = streams[ScalarString(path)] else {
            var refusal = HTTPServerResponse(status: .forbidden)
            refusal.closesConnection = true
            return refusal
        }
        return HTTPServerResponse(
            status: .switchingProtocols,
            body: .webSocket { socket in
                await route.handle(request, socket)
            }
        )
    }
}
