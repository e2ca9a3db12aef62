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
        /// How long a call and its repetitions may take together.
        ///
        /// This does not apply to calls with a limit of their own, nor to uploads and downloads, which may take any
        /// time as long as bytes keep moving.
        public var requestTimeout: Duration = .seconds(300)
        /// The maximum number of times a request is sent.
        public var maxAttempts = 3
        /// The pause before the second attempt; it doubles from then on, with a little random jitter added.
        public var retryPause: Duration = .milliseconds(250)
        /// The pause between the first two looks at a sandbox whose state is waited for; it grows up to a second.
        public var pollInterval: Duration = .milliseconds(50)

        /// Creates the default configuration.
        public init() {}
    }

    /// The HTTP configuration for Daytona's servers: idle connections are closed before the servers close them.
    public static var httpConfiguration: HTTPClientConfiguration {
        var configuration = HTTPClientConfiguration()
        configuration.connectTimeout = .seconds(30)
        configuration.readTimeout = .seconds(300)
        configuration.idleTimeout = .seconds(30)
        return configuration
    }

    /// Creates a client for a deployment.
    ///
    /// - Parameters:
    ///   - credentials: the key and address.
    ///   - http: the client whose connections to share; `nil` for connections of its own.
    ///   - configuration: how long calls may take, and how often they are tried.
    /// - Throws: ``SandboxError`` with code `.invalidConfiguration` if the address is not a URL or names a Unix socket,
    ///   with `.unauthorized` if there is no key.
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
        // Callers supply the address: they must not reach what listens on this machine's file system.
        if api.socketPath != nil {
            throw SandboxError(.invalidConfiguration, "x-api-url: a sandbox API cannot be on a Unix socket")
        }
        self.http = http ?? HTTPClient(configuration: Self.httpConfiguration)
    }

    // MARK: Finding

    /// Returns the sandbox with an id or a name, in whatever state it is.
    public func sandbox(_ idOrName: String) async throws -> DaytonaSandbox {
        do {
            return try await adopt(try await describe(idOrName))
        } catch let error as SandboxError where error.code != .invalidConfiguration {
            throw error.saying("Failed to get sandbox: \(error.message)")
        }
    }

    /// Returns the sandbox of a description, such as a list contains.
    public func sandbox(_ info: SandboxInfo) async throws -> DaytonaSandbox { try await adopt(info) }

    /// Returns the control plane's current description of a sandbox.
    func describe(_ idOrName: String, timeout: Duration? = nil) async throws -> SandboxInfo {
        try SandboxInfo(try await call(.get, try address(of: idOrName), timeout: timeout))
    }

    /// Returns the control plane's address of a sandbox, or of something that belongs to it.
    func address(of idOrName: String, _ suffix: String = "") throws(SandboxError) -> HTTPURL {
        try SandboxInput.checkID(idOrName)
        return api.appending("/sandbox/\(HTTPURL.escape(idOrName))\(suffix)")
    }

    /// Finds the toolbox of a sandbox: below the address in its description, otherwise below the one that the control
    /// plane gives.
    func adopt(_ info: SandboxInfo, timeout: Duration? = nil) async throws -> DaytonaSandbox {
        var base = info.toolboxProxyURL ?? ""
        if base.isEmpty {
            let url = try address(of: info.id, "/toolbox-proxy-url")
            base = try await call(.get, url, timeout: timeout)["url"]?.stringValue ?? ""
        }
        let toolbox: HTTPURL
        do { toolbox = try HTTPURL(base).appending("/\(HTTPURL.escape(info.id))") } catch {
            let text = "sandbox \(info.id) has no usable toolbox address: \(error.message)"
            throw SandboxError(.protocolViolation, text).withoutKey(credentials.apiKey)
        }
        if toolbox.socketPath != nil {
            let text = "sandbox \(info.id) has a Unix socket for its toolbox address"
            throw SandboxError(.protocolViolation, text).withoutKey(credentials.apiKey)
        }
        return DaytonaSandbox(info: info, toolbox: toolbox, client: self)
    }
}
