package import BenchmarkTransport
import Glibc

/// A server on this machine that speaks the Daytona API and runs each sandbox as local processes.
///
/// It is the default for development, demonstrations and tests: what works against it works against the real service,
/// without an account, a network or a container runtime.
///
/// ```swift
/// let daytona = try await LocalDaytona.start()
/// // DAYTONA_API_URL = daytona.apiURL, DAYTONA_API_KEY = daytona.apiKey, DAYTONA_TARGET = daytona.target
/// await daytona.shutdown()
/// ```
///
/// Each sandbox has its own mount and process namespaces: a private root with the machine's system directories
/// read-only, and `/workspace`, `/tmp` and its home writable. Where the machine does not allow that, API paths are
/// mapped into a private directory, and absolute paths inside commands are the machine's; the log says so once. Images
/// and snapshots are recorded, not built: commands see the programs of this machine. The network is also the machine's.
/// A sandbox that requests resources is limited to them as far as the machine allows, see ``LimitMechanism``; one that
/// requests none may use whatever is available. The isolation guards against accidents, not attackers.
public final class LocalDaytona: Sendable {
    /// The base URL of the API, such as `http://127.0.0.1:3986/api`.
    public let apiURL: String
    /// The key that requests must carry.
    public let apiKey: String
    /// The region to name in requests.
    public let target = "local"
    /// How sandboxes are isolated from the machine.
    public let isolation: Isolation
    /// How sandboxes that request resources are limited to them.
    public let limits: LimitMechanism

    private let registry: SandboxRegistry
    private let server: HTTPServer
    private let faults: FaultInjector
    private let instance: InstanceDirectory
    private let loop: EventLoop

    /// Starts a server.
    ///
    /// - Throws: ``SandboxError`` if its directory cannot be created or the requested limits do not work, or with code
    ///   `.isolationUnavailable` if namespaces were requested and the machine does not allow them; the transport's
    ///   errors if the server cannot listen on the address.
    public static func start(_ configuration: Configuration = Configuration()) async throws -> LocalDaytona {
        let loop = EventLoopGroup.shared.next()
        let parent = configuration.directory ?? getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        let instance = try InstanceDirectory(in: parent)
        do {
            await instance.removeStale(on: loop) { name in await SandboxLimits.remove(of: name, on: loop) }
            await SandboxLimits.removeStale(prefix: InstanceDirectory.namePrefix, parent: instance.parent, on: loop)
            let (kind, reason) = try await IsolationProbe.run(
                configuration.isolation,
                in: "\(instance.path)/probe",
                loop: loop
            )
            if let reason {
                configuration.log(
                    "no isolation (\(reason)): paths of the API are mapped into \(instance.path), but absolute paths "
                        + "inside commands are this machine's"
                )
            }
            let limits = try await SandboxLimits.probe(
                configuration.limits,
                instance: instance.path,
                maxProcesses: configuration.maxProcesses,
                loop: loop
            )
            configuration.log(limits.description)
            return try await LocalDaytona(configuration, instance, kind, limits, loop)
        } catch {
            await InstanceDirectory.remove(instance.path, on: loop)
            throw error
        }
    }

    private init(
        _ configuration: Configuration,
        _ instance: InstanceDirectory,
        _ kind: NamespaceKind?,
        _ limits: SandboxLimits,
        _ loop: EventLoop
    ) async throws {
        (self.instance, self.loop) = (instance, loop)
        isolation = kind == nil ? .none : .namespaces
        self.limits = limits.mechanism
        apiKey = configuration.apiKey ?? "dtn_\(RandomText.hexadecimal(count: 64))"
        registry = SandboxRegistry(
            directory: instance.path,
            kind: kind,
            grace: configuration.sessionGrace,
            limits: limits,
            intervals: SandboxIntervals(minute: configuration.minute),
            log: configuration.log,
            loop: loop
        )
        faults = FaultInjector(configuration.faults)
        let responder = ResponderSlot()
        var settings = configuration.server
        // Uploads are written as they arrive.
        settings.limits.maxBodyBytes = 1 << 40
        // The daemon never pings; clients do.
        settings.webSocket.pingInterval = nil
        settings.shutdownTimeout = .seconds(5)
        server = HTTPServer(configuration: settings, responder: responder)
        let address = try await server.start()
        let isWildcard = address.host == "0.0.0.0" || address.host == "::"
        let origin = isWildcard ? "\(settings.scheme)://127.0.0.1:\(address.port)" : settings.url(of: address)
        apiURL = "\(origin)/api"
        let toolboxURL = "\(origin)/toolbox"
        let logs = ToolboxLogs(loop: loop, quietPeriod: configuration.quietPeriod, faults: faults)
        responder.fill(
            LocalDaytonaResponder(
                apiKey: apiKey,
                registry: registry,
                controlPlane: ControlPlane(
                    registry: registry,
                    toolboxURL: toolboxURL,
                    loop: loop,
                    log: configuration.log
                ),
                toolbox: Toolbox(processes: ToolboxProcesses(logs: logs), files: ToolboxFiles()),
                origin: origin,
                faults: faults
            )
        )
        await registry.heedIntervals()
    }

    /// Replaces the faults to inject; the counts of ``faultStrikes`` start again at zero.
    public func setFaults(_ plan: FaultPlan) { faults.replace(by: plan) }

    /// The faults in force, and how often each has struck.
    ///
    /// A stream that ends before a fault's threshold is reached does not count.
    public var faultStrikes: [(fault: Fault, count: Int)] {
        let record = faults.record
        return Array(zip(record.plan.faults, record.strikes)).map { ($0.0, $0.1) }
    }

    /// Makes SIGHUP reload the certificate.
    package func reloadCertificate(on signals: TerminationSignals, report: @escaping @Sendable (String) -> Void) {
        server.reloadCertificate(on: signals, report: report)
    }

    /// Kills every process of every sandbox, closes every connection, and removes all directories.
    ///
    /// Returns when nothing is left. Cancellation does not interrupt it; a second call waits for the same end.
    public func shutdown() async {
        await loop.startTask { [self] in
            // The sandboxes first: whatever waits for their processes then finishes by itself.
            await registry.close()
            await server.shutDown()
            await InstanceDirectory.remove(instance.path, on: loop)
        }.value
    }
}

/// Holds the responder, which needs the address of the server that it is given to.
private final class ResponderSlot: HTTPResponder {
    private let responder = Locked<LocalDaytonaResponder?>(nil)

    func fill(_ responder: LocalDaytonaResponder) { self.responder.withLock { $0 = responder } }

    nonisolated(nonsending) func respond(to request: HTTPServerRequest) async -> HTTPServerResponse {
        guard let responder = responder.withLock({ $0 }) else { return .empty(503) }
        return await responder.respond(to: request)
    }
}
