public import BenchmarkTransport

/// A benchmark service as a program: built from the service's type, configured, and run.
///
/// ```swift
/// try await BenchmarkServiceApp(ArithmeticService.self).run()
/// ```
///
/// A value: routes are added before it runs.
public struct BenchmarkServiceApp<Service: BenchmarkService>: Sendable {
    /// How it is served.
    public var configuration: ServiceConfiguration
    private var customRoutes: [CustomRoute] = []

    /// An app for a service type; the instance is made when it starts.
    public init(_ service: Service.Type, configuration: ServiceConfiguration = ServiceConfiguration()) {
        self.configuration = configuration
    }

    /// Adds a route of the service's own, behind the same authentication as the others.
    ///
    /// - Parameters:
    ///   - method: the method it answers; others on the same path are 405.
    ///   - path: compared with the percent-decoded path, exactly; with or without a trailing slash, the other form is
    ///     redirected.
    ///   - summary: what it is for, in a line; for the API's document.
    ///   - isNonBlocking: whether the handler never blocks its thread, and may run on an event loop.
    ///   - handler: what it throws becomes a response as with the service's methods.
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

    /// Makes the service, loads its datasets, and begins to serve.
    ///
    /// - Returns: the running service, to be stopped by its owner.
    /// - Throws: what the service's `init` and `loadDatasets` throw, `AddressError` or `SystemError` if the address cannot
    ///   be had, `TLSError` if the certificate cannot be used, ``ServiceError`` if another setting cannot.
    public func start() async throws -> RunningService {
        try await start(log: ServiceLog(level: configuration.logLevel))
    }

    /// As ``start()``, with another log.
    func start(log: ServiceLog) async throws -> RunningService {
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
        let metrics = configuration.hasMetrics ? ServiceMetrics() : nil
        let core = ServiceCore(
            service: service,
            datasets: datasets,
            call: call,
            sandboxURLs: configuration.sandboxURLs,
            proxies: proxies,
            log: log,
            credentialsTimeout: configuration.credentialsTimeout,
            metrics: metrics
        )
        let streams = StreamEndpoints(core: core)
        let document = OpenAPIDocument(
            title: "\(Service.self)",
            operations: Operation.contract + customRoutes.map(\.operation),
            security: configuration.authentication.kind
        )
        let documentation = try DocumentationRoutes(document)
        let router = Router(
            routes: HTTPEndpoints(core: core).routes + documentation.routes + streams.pageRoutes
                + metricsRoute(metrics) + customRoutes.map { $0.route(call) },
            streams: streams.routes,
            openPaths: ["/health"] + (configuration.docsArePublic ? DocumentationRoutes.paths : []),
            authorize: { headers in try await call(.checkAuth) { try await service.checkAuth(headers) } },
            scheme: configuration.server.scheme,
            proxies: proxies,
            log: log,
            metrics: metrics
        )
        var accessLog: (@Sendable (HTTPAccessRecord) -> Void)?
        if configuration.logsRequests {
            accessLog = { log.write($0, from: proxies.client($0.fields, from: $0.peer)) }
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
                // Without a key, nobody is authenticated: only this machine may ask, and not on behalf of others.
                guard !isOpen || request.peer.isLoopback && !request.head.fields.wereForwarded else {
                    throw HTTPError(401, "Unauthorized")
                }
                return metrics.response
            }
        ]
    }

    /// Serves until SIGINT or SIGTERM, then stops gracefully; a second signal stops at once.
    ///
    /// Reads the options of the command line (see `--help`); prints the address on standard error.
    /// Never returns after a failed start: it prints why, and exits with 1 (the address is taken) or 3 (the service
    /// failed to start), as runners of the original toolkit expect; a usage error exits with 2.
    public func run(arguments: [String]? = nil) async throws {
        var app = self
        ServiceOptions.parseOrExit(arguments ?? Array(CommandLine.arguments.dropFirst()), into: &app.configuration)
        let log = ServiceLog(level: app.configuration.logLevel)
        let running: RunningService
        do {
            DescriptorLimit.raise(for: app.configuration.server)
            running = try await app.start(log: log)
        } catch let error as SystemError {
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

/// A service that is being served.
public struct RunningService: Sendable {
    /// The address it listens on.
    public let address: SocketAddress
    /// How clients name it: `http://`, or with a certificate `https://`, and the address.
    public let url: String
    let server: HTTPServer
    let log: ServiceLog

    /// Stops gracefully: requests in flight are answered, WebSockets closed with 1012, and the cleanup of their streams
    /// is awaited.
    public func stop() async {
        await server.shutDown()
        await flush()
    }

    /// Waits for the last line of the log where it holds nobody up.
    private func flush() async { await ServiceExecutor.system.startTask { [log] in log.flush() }.value }

    /// Waits for SIGINT or SIGTERM and stops gracefully; at a second signal, at once.
    func stopOnSignal() async {
        let signals = TerminationSignals.install()
        server.reloadCertificate(on: signals) { [log] in log.write(.info, $0) }
        await signals.stop(telling: { [log] in log.write(.info, $0) }, flush: { [log] in log.flush() }) {
            await server.shutDown()
        }
        await flush()
    }
}
