public import BenchmarkTransport

/// A benchmark service as a program: built from the service's type, configured, and run.
///
/// ```swift
/// try await BenchmarkServiceApp(ArithmeticService.self).run()
/// ```
///
/// The app is a value: add routes before running it.
public struct BenchmarkServiceApp<Service: BenchmarkService>: Sendable {
    /// How the service is served.
    public var configuration: ServiceConfiguration
    private var customRoutes: [CustomRoute] = []

    /// An app for a service type; the instance is created when the app starts.
    public init(_ service: Service.Type, configuration: ServiceConfiguration = ServiceConfiguration()) {
        self.configuration = configuration
    }

    /// Adds a route of the service's own, behind the same authentication as the others.
    ///
    /// - Parameters:
    ///   - method: the method that the route answers; other methods on the same path are a 405.
    ///   - path: the path, which must equal the percent-decoded path of a request. A path that differs only by its
    ///     trailing slash is redirected.
    ///   - summary: what the route does, in one line, for the OpenAPI document.
    ///   - isNonBlocking: whether the handler never blocks its thread, so that it may run on an event loop.
    ///   - handler: answers a request; its errors become responses as those of the service's methods do.
    public mutating func route(
        _ method: HTTPMethod,
        _ path: String,
        summary: String? = nil,
        isNonBlocking: Bool = false,
        _ handler: @escaping @Sendable (HTTPServerRequest) async throws -> HTTPServerResponse
    ) {
        let route = CustomRoute(
            method: method,
            path: path,
            summary: summary,
            isNonBlocking: isNonBlocking,
            handler: handler
        )
        customRoutes.append(route)
    }

    /// Creates the service, loads its datasets, and starts serving.
    ///
    /// - Returns: the running service, which the caller must stop.
    /// - Throws: the errors of the service's `init` and `loadDatasets`; `AddressError` or `SystemError` if the address
    ///   cannot be used, `TLSError` if the certificate cannot, and ``ServiceError`` if another setting cannot.
    public func start() async throws -> RunningService {
        try await start(log: ServiceLog(level: configuration.logLevel))
    }

    /// Starts the service as ``start()`` does, with a given log.
    func start(log: ServiceLog) async throws -> RunningService { try await serve(try await load(log)) }

    /// Creates the service and loads its datasets.
    private func load(_ log: ServiceLog) async throws -> ServiceCore<Service> {
        let proxies: TrustedProxies
        do { proxies = try TrustedProxies(configuration.trustedProxies) } catch {
            throw ServiceError(.invalidData, "trusted proxies: \(error)")
        }
        let call = ServiceCaller(
            executor: ServiceExecutor(maxThreads: configuration.maxServiceThreads),
            nonBlocking: Service.nonBlockingMethods,
            authentication: try configuration.authentication.started(log: log)
        )
        let (service, datasets) = try await call.entering(call.executor) {
            let service = try await Service()
            return (service, try await service.loadDatasets())
        }
        return ServiceCore(
            service: service,
            datasets: datasets,
            call: call,
            sandboxURLs: configuration.sandboxURLs,
            proxies: proxies,
            log: log,
            credentialsTimeout: configuration.credentialsTimeout,
            metrics: configuration.hasMetrics ? ServiceMetrics() : nil
        )
    }

    /// Starts serving a service that has been loaded.
    private func serve(_ core: ServiceCore<Service>) async throws -> RunningService {
        let (call, log) = (core.call, core.log)
        let streams = StreamEndpoints(core: core)
        let document = OpenAPIDocument(
            title: "\(Service.self)",
            operations: Operation.contract + customRoutes.map(\.operation),
            security: configuration.authentication.kind
        )
        let documentation = try DocumentationRoutes(document)
        let router = Router(
            routes: HTTPEndpoints(core: core).routes + documentation.routes + streams.pageRoutes
                + metricsRoute(core.metrics) + customRoutes.map { $0.route(call) },
            streams: streams.routes,
            openPaths: ["/health"] + (configuration.docsArePublic ? DocumentationRoutes.paths : []),
            authorize: { headers in try await call(.checkAuth) { try await core.service.checkAuth(headers) } },
            scheme: configuration.server.scheme,
            proxies: core.proxies,
            log: log,
            metrics: core.metrics
        )
        var accessLog: (@Sendable (HTTPAccessRecord) -> Void)?
        if configuration.logsRequests {
            accessLog = { log.write($0, from: core.proxies.client($0.fields, from: $0.peer)) }
        }
        let server = HTTPServer(configuration: configuration.server, accessLog: accessLog, responder: router)
        let address = try await server.start()
        for problem in [configuration.exposure(of: address), configuration.authentication.problem] {
            if let problem { log.write(.warning, problem) }
        }
        return RunningService(address: address, url: configuration.server.url(of: address), server: server, log: log)
    }

    private func metricsRoute(_ metrics: ServiceMetrics?) -> [Route] {
        guard let metrics else { return [] }
        let isOpen = configuration.authentication.isOpen
        return [
            Route(method: .get, path: "/metrics") { request in
                // Without a key, no one is authenticated: only this machine may ask, and not on behalf of others.
                guard !isOpen || request.peer.isLoopback && !request.head.fields.wereForwarded else {
                    throw HTTPError(401, "Unauthorized")
                }
                return try await metrics.response()
            }
        ]
    }

    /// Serves until SIGINT or SIGTERM, then stops gracefully; a second signal stops at once.
    ///
    /// Reads the command-line options (see `--help`), and prints the address on standard error. If the start fails, it
    /// prints the reason and exits with 1 (the address or the certificate cannot be used) or 3 (the service failed to
    /// start), as runners of the original toolkit expect. A usage error exits with 2.
    public func run(arguments: [String]? = nil) async throws {
        var app = self
        ServiceOptions.parseOrExit(arguments ?? Array(CommandLine.arguments.dropFirst()), into: &app.configuration)
        let log = ServiceLog(level: app.configuration.logLevel)
        DescriptorLimit.raise(for: app.configuration.server)
        let core: ServiceCore<Service>
        // The service itself may throw any error, those of the transport included.
        do { core = try await app.load(log) } catch { log.exit(3, "the service failed to start: \(error)") }
        let running: RunningService
        do { running = try await app.serve(core) } catch let error as SystemError {
            log.exit(1, "cannot serve on \(app.configuration.server.host): \(error)")
        } catch let error as AddressError {
            log.exit(1, "\(error)")
        } catch let error as TLSError {
            log.exit(1, "\(error)")
        } catch {
            log.exit(3, "the service failed to start: \(error)")
        }
        running.log.write(.info, "serving \(Service.self) on \(running.url) (stop with Ctrl-C)")
        await running.stopOnSignal()
    }
}

/// A running service.
public struct RunningService: Sendable {
    /// The address it listens on.
    public let address: SocketAddress
    /// The URL for clients: `http://`, or `https://` with a certificate, and the address.
    public let url: String
    let server: HTTPServer
    let log: ServiceLog

    /// Stops gracefully: answers the requests in flight, closes WebSockets with 1012, and waits for the cleanup of
    /// their streams.
    public func stop() async {
        await server.shutDown()
        await flush()
    }

    /// Waits until the log is written, on a thread that may block.
    private func flush() async { await ServiceExecutor.system.startTask { [log] in log.flush() }.value }

    /// Waits for SIGINT or SIGTERM, then stops gracefully; a second signal stops at once.
    func stopOnSignal() async {
        let signals = TerminationSignals.install()
        server.reloadCertificate(on: signals) { [log] in log.write(.info, $0) }
        await signals.stop(telling: { [log] in log.write(.info, $0) }, flush: { [log] in log.flush() }) {
            await server.shutDown()
        }
        await flush()
    }
}
