import BenchmarkProtocol
public import BenchmarkTransport

/// A client of Daytona's control plane and, through ``DaytonaSandbox``, of its toolbox.
///
/// Requests that only read, or that may be repeated without harm, are sent again when the connection fails, a proxy
/// answers for a server that is not there, or the server asks for a pause. Others are sent again only if no connection
/// could be made. Cancelling the calling task ends a call at once. Errors are ``SandboxError``.
public struct DaytonaClient: Sendable {
    /// The key and address in use.
    public let credentials: DaytonaCredentials
    /// How long calls may take, and how often they are tried.
    public var configuration: Configuration
    let api: HTTPURL
    let http: HTTPClient

    /// How long calls may take, and how often they are tried.
    public struct Configuration: Sendable, Hashable {
        /// For a call and its repetitions together; uploads and downloads, which have no limit but that bytes must move,
        /// and calls with a limit of their own excepted.
        public var requestTimeout: Duration = .seconds(300)
        /// How often a request is sent at most.
        public var maxAttempts = 3
        /// Before the second attempt; it doubles from then on, and a little chance is added.
        public var retryPause: Duration = .milliseconds(250)
        /// Between the first two looks at a sandbox whose state is waited for; it grows up to a second.
        public var pollInterval: Duration = .milliseconds(50)

        /// The defaults.
        public init() {}
    }

    /// How Daytona's servers want to be talked to: idle connections are dropped before they do it themselves.
    public static var httpConfiguration: HTTPClientConfiguration {
        var configuration = HTTPClientConfiguration()
        configuration.connectTimeout = .seconds(30)
        configuration.readTimeout = .seconds(300)
        configuration.idleTimeout = .seconds(30)
        return configuration
    }

    /// A client for a deployment.
    ///
    /// - Parameters:
    ///   - credentials: key and address.
    ///   - http: the connections to share; nil for some of its own.
    ///   - configuration: how long calls may take.
    /// - Throws: ``SandboxError`` with code `.invalidConfiguration` if the address is no URL, with `.unauthorized` if
    ///   there is no key.
    public init(
        _ credentials: DaytonaCredentials,
        http: HTTPClient? = nil,
        configuration: Configuration = Configuration()
    ) throws {
        (self.credentials, self.configuration) = (credentials, configuration)
        if credentials.apiKey.isEmpty { throw SandboxError(.unauthorized, "x-api-key is missing") }
        do { api = try HTTPURL(credentials.apiURL) } catch {
            throw SandboxError(.invalidConfiguration, "x-api-url: \(error.message)")
        }
        // Callers name the address: they must not reach what listens on this machine's file system.
        if api.socketPath != nil {
            throw SandboxError(.invalidConfiguration, "x-api-url: a sandbox API cannot be on a Unix socket")
        }
        self.http = http ?? HTTPClient(configuration: Self.httpConfiguration)
    }

    // MARK: Finding

    /// The sandbox of an id or a name, in whatever state it is.
    public func sandbox(_ idOrName: String) async throws -> DaytonaSandbox {
        do {
            return try await adopt(try await describe(idOrName))
        } catch let error as SandboxError where error.code != .invalidConfiguration {
            throw error.saying("Failed to get sandbox: \(error.message)")
        }
    }

    /// The sandbox of a description, as lists have them.
    public func sandbox(_ info: SandboxInfo) async throws -> DaytonaSandbox { try await adopt(info) }

    /// What the control plane says about a sandbox at this moment.
    func describe(_ idOrName: String, timeout: Duration? = nil) async throws -> SandboxInfo {
        try SandboxInfo(try await call(.get, try address(of: idOrName), timeout: timeout))
    }

    /// Where the control plane has a sandbox, or something about it.
    func address(of idOrName: String, _ suffix: String = "") throws(SandboxError) -> HTTPURL {
        try SandboxInput.checkID(idOrName)
        return api.appending("/sandbox/\(HTTPURL.escape(idOrName))\(suffix)")
    }

    /// Finds the toolbox of a sandbox: below the address its object names, else the one the control plane tells.
    func adopt(_ info: SandboxInfo, timeout: Duration? = nil) async throws -> DaytonaSandbox {
        var base = info.toolboxProxyURL ?? ""
        if base.isEmpty {
            let url = try address(of: info.id, "/toolbox-proxy-url")
            base = try await call(.get, url, timeout: timeout)["url"]?.stringValue ?? ""
        }
        let toolbox: HTTPURL
        do { toolbox = try HTTPURL(base).appending("/\(HTTPURL.escape(info.id))") } catch {
            throw SandboxError(.protocolViolation, "sandbox \(info.id) has no usable toolbox address: \(error.message)")
        }
        if toolbox.socketPath != nil {
            throw SandboxError(.protocolViolation, "sandbox \(info.id) has a Unix socket for its toolbox address")
        }
        return DaytonaSandbox(info: info, toolbox: toolbox, client: self)
    }
}
