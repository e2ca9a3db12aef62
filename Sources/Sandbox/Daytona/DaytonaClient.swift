import BenchmarkProtocol
public import BenchmarkTransport

/// A client of Daytona's control plane and, through ``DaytonaSandbox``, of its toolbox.
///
/// Requests that only read, or that may be repeated without harm, are retried when the connection fails or a proxy
/// answers for a server that is not there; others never are.
public struct DaytonaClient: Sendable {
    /// The key and address in use.
    public let credentials: DaytonaCredentials
    let api: HTTPURL
    let http: HTTPClient

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
    /// - Throws: ``SandboxError`` with code `.invalidConfiguration` if the address is no URL.
    public init(_ credentials: DaytonaCredentials, http: HTTPClient? = nil) throws {
        self.credentials = credentials
        do { api = try HTTPURL(credentials.apiURL) } catch {
            throw SandboxError(.invalidConfiguration, "x-api-url: \(error.message)")
        }
        // Callers name the address: they must not reach what listens on this machine's file system.
        if api.socketPath != nil {
            throw SandboxError(.invalidConfiguration, "x-api-url: a Unix socket is no sandbox API")
        }
        self.http = http ?? HTTPClient(configuration: Self.httpConfiguration)
    }

    // MARK: Sandboxes

    /// The sandbox of an id or a name, in whatever state it is.
    public func sandbox(_ idOrName: String) async throws -> DaytonaSandbox {
        do {
            let path = "/sandbox/\(HTTPURL.escape(idOrName))"
            return try await adopt(SandboxInfo(try await call(.get, api.appending(path))))
        } catch let error as SandboxError where error.code != .invalidConfiguration {
            throw SandboxError(error.code, "Failed to get sandbox: \(error.message)")
        }
    }

    /// Creates a sandbox and waits until it is started.
    ///
    /// - Parameters:
    ///   - request: what it is made from.
    ///   - timeout: for the request and the wait together. A sandbox that is not started by then is deleted.
    public func createSandbox(
        _ request: CreateSandboxRequest,
        timeout: Duration = .seconds(60)
    ) async throws -> DaytonaSandbox {
        let loop = EventLoopGroup.shared.next()
        let deadline = SandboxError(.timedOut, "the sandbox was not started within \(timeout)")
        let created = Locked<String?>(nil)
        do {
            return try await loop.withDeadline(timeout, timeout: deadline) {
                let body = request.json(target: credentials.target)
                let info = try SandboxInfo(try await call(.post, api.appending("/sandbox"), json: body))
                created.withLock { $0 = info.id }
                return try await adopt(try await waitUntilStarted(info, loop))
            }
        } catch {
            // Also when cancelled: nobody else knows that it exists.
            if let id = created.withLock({ $0 }) { await uncancelled { try? await deleteSandbox(id) } }
            throw error
        }
    }

    private func waitUntilStarted(_ created: SandboxInfo, _ loop: EventLoop) async throws -> SandboxInfo {
        var info = created
        var pause = Duration.milliseconds(50)
        while info.state != "started" {
            if ["error", "build_failed", "destroyed", "destroying"].contains(info.state) {
                throw SandboxError(
                    .failed,
                    "sandbox \(info.id) is in state \(info.state): \(info.errorReason ?? "no reason given")"
                )
            }
            try await loop.sleep(for: pause)
            pause = min(.seconds(1), pause * 1.5)
            info = try SandboxInfo(try await call(.get, api.appending("/sandbox/\(HTTPURL.escape(info.id))")))
        }
        return info
    }

    /// Starts a stopped sandbox.
    ///
    /// Its state afterwards may still be `starting`.
    public func startSandbox(_ idOrName: String) async throws {
        _ = try await call(.post, api.appending("/sandbox/\(HTTPURL.escape(idOrName))/start"))
    }

    /// Deletes a sandbox; one that does not exist is deleted already.
    public func deleteSandbox(_ idOrName: String) async throws {
        do {
            _ = try await call(.delete, api.appending("/sandbox/\(HTTPURL.escape(idOrName))"))
        } catch let error as SandboxError where error.code == .notFound {}
    }

    /// Finds the toolbox of a sandbox: below the address its object names, else the one the control plane tells.
    private func adopt(_ info: SandboxInfo) async throws -> DaytonaSandbox {
        var base = info.toolboxProxyURL ?? ""
        if base.isEmpty {
            let path = "/sandbox/\(HTTPURL.escape(info.id))/toolbox-proxy-url"
            base = try await call(.get, api.appending(path))["url"]?.stringValue ?? ""
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

    // MARK: Requests

    /// Sends a request with a JSON body, if any, and parses the JSON of the answer; null for an empty one.
    func call(
        _ method: HTTPMethod,
        _ url: HTTPURL,
        json: JSONValue? = nil,
        timeout: Duration? = nil
    ) async throws -> JSONValue {
        var request = HTTPClientRequest(method, url, fields: fields, readTimeout: timeout)
        request.fields.set(.accept, "application/json")
        if let json {
            request.fields.set(.contentType, "application/json")
            request.body = .bytes(try json.serialized())
        }
        let result = try await send(request)
        if result.body.isEmpty { return .null }
        do { return try JSONValue(parsing: result.body) } catch {
            throw SandboxError(.protocolViolation, "\(url) answered with something that is not JSON: \(error)")
        }
    }

    /// Sends a request; any status but a success throws.
    func send(_ request: HTTPClientRequest, maxBodyBytes: Int = 64 << 20) async throws -> HTTPClientResult {
        let isRepeatable = request.method.isIdempotent
        var pause = Duration.milliseconds(250)
        for attempt in 1... {
            do {
                let result = try await http.send(request, maxBodyBytes: maxBodyBytes)
                if (200..<300).contains(result.status) { return result }
                let error = SandboxError(status: result.status, body: result.body, url: request.url)
                if attempt == 3 || !isRepeatable || error.code != .unavailable { throw error }
            } catch let error as HTTPClientError {
                let mayRepeat = isRepeatable || error.code == .cannotConnect
                if attempt == 3 || !mayRepeat { throw SandboxError(error) }
            }
            try await EventLoopGroup.shared.next().sleep(for: pause + .milliseconds(Int.random(in: 0...100)))
            pause *= 2
        }
        throw CancellationError()  // not reached: the third attempt returns or throws
    }

    /// The fields of every request.
    var fields: HTTPFields {
        var fields = authorization
        // From 0.167.0 on, logs carry their stream markers.
        fields.set("x-daytona-sdk-version", "0.190.0")
        return fields
    }

    /// The fields without the version, by which the plain log is sent as raw bytes.
    var authorization: HTTPFields {
        var fields = HTTPFields()
        fields.set(.authorization, "Bearer \(credentials.apiKey)")
        fields.set("x-daytona-source", "swift-benchmark-service")
        fields.set(.userAgent, "swift-benchmark-service")
        return fields
    }
}

/// Runs cleanup to its end, whether or not the calling task is cancelled.
func uncancelled<R: Sendable>(_ body: @escaping @Sendable () async -> R) async -> R {
    await EventLoopGroup.shared.next().startTask(body).value
}
