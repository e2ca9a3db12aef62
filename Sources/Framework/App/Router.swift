import BenchmarkProtocol
import BenchmarkTransport

/// Finds what answers a request: authentication first, then the route, a redirect to its other spelling, or an error.
///
/// Every error ends here, in one response.
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
        // Whoever answers, or logs, finds it there.
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
            // The open paths are compared decoded, as routes are.
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
            throw UnexpectedError(underlying: error)  // whatever the hook throws, also a refusal, is a 500
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

    /// The absolute URL of the route whose path differs by its trailing slash; nil if there is none.
    private func otherSpelling(_ request: HTTPServerRequest, _ path: String) -> String? {
        func toggled(_ path: String) -> String {
            guard path.utf8.last == UInt8(ascii: "/") else { return path + "/" }
            return String(decoding: path.utf8.reversed().drop { $0 == UInt8(ascii: "/") }.reversed(), as: UTF8.self)
        }
        let rawPath = toggled(request.head.rawPath)
        // An escaped slash is one of the path, but none that can be taken away: what is sent must lead to the route.
        guard routes[ScalarString(toggled(path))] != nil, HTTPRequestHead.decoded(rawPath.utf8) == toggled(path) else {
            return nil
        }
        let query = request.head.query.map { "?\($0)" } ?? ""
        let host = request.head.authority ?? request.head.fields[.host] ?? "localhost"
        return "\(scheme(of: request))://\(host)\(rawPath)\(query)"
    }

    /// The server's own, or `https` if a trusted proxy says that the client came to it that way: a redirect to `http`
    /// would make clients drop their credentials.
    private func scheme(of request: HTTPServerRequest) -> String {
        proxies.saySecure(request.head.fields, from: request.peer) ? "https" : scheme
    }

    /// Authentication is not decided in the handshake: the stream's handler closes with 1008.
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
