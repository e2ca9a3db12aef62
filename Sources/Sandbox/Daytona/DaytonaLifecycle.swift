import BenchmarkProtocol
import BenchmarkTransport

/// Starting, stopping, and deleting sandboxes, and changing their settings.
extension DaytonaClient {
    /// Starts a stopped sandbox and waits until it is started.
    ///
    /// - Parameters:
    ///   - idOrName: the id or name of the sandbox.
    ///   - timeout: how long the request and the wait may take together.
    @discardableResult
    public func startSandbox(_ idOrName: String, timeout: Duration = .seconds(60)) async throws -> SandboxInfo {
        try await change(idOrName, "/start", to: .started, timeout)
    }

    /// Stops a sandbox and waits until it is stopped; one that is deleted when it stops ends as `.destroyed`.
    ///
    /// - Parameters:
    ///   - idOrName: the id or name of the sandbox.
    ///   - force: whether its processes are given no time to end by themselves.
    ///   - timeout: how long the request and the wait may take together.
    @discardableResult
    public func stopSandbox(
        _ idOrName: String,
        force: Bool = false,
        timeout: Duration = .seconds(60)
    ) async throws -> SandboxInfo {
        try await change(idOrName, "/stop?force=\(force)", to: .stopped, timeout)
    }

    private func change(
        _ idOrName: String,
        _ action: String,
        to state: SandboxState,
        _ timeout: Duration
    ) async throws -> SandboxInfo {
        let deadline = EventLoop.monotonicNow() &+ timeout.nanoseconds
        let answer = try await call(.post, try address(of: idOrName, action), timeout: timeout)
        return try await waitForState(state, of: idOrName, from: try SandboxInfo(answer), deadline, timeout)
    }

    /// Deletes a sandbox; one that does not exist counts as deleted.
    ///
    /// Returns when the server has started the deletion; ``waitForSandbox(_:until:timeout:)`` waits until it is done.
    /// - Parameters:
    ///   - idOrName: the id or name of the sandbox.
    ///   - timeout: how long the request may take; `nil` for the configuration's limit.
    public func deleteSandbox(_ idOrName: String, timeout: Duration? = nil) async throws {
        do {
            _ = try await call(.delete, try address(of: idOrName), timeout: timeout)
        } catch let error as SandboxError where error.code == .notFound {}
    }

    /// Waits until a sandbox is in a state.
    ///
    /// A sandbox deleted in the meantime counts as both stopped and destroyed.
    /// - Throws: ``SandboxError`` with code `.timedOut` if the time runs out, `.failed` if the sandbox is in a state
    ///   from which it will not reach the wanted one.
    @discardableResult
    public func waitForSandbox(
        _ idOrName: String,
        until state: SandboxState,
        timeout: Duration = .seconds(60)
    ) async throws -> SandboxInfo {
        let deadline = EventLoop.monotonicNow() &+ timeout.nanoseconds
        return try await waitForState(state, of: idOrName, from: nil, deadline, timeout)
    }

    // MARK: Settings

    /// Replaces the labels of a sandbox.
    ///
    /// - Returns: the labels that it now has.
    @discardableResult
    public func setLabels(_ labels: [String: String], of idOrName: String) async throws -> [String: String] {
        if labels.keys.contains("") { throw SandboxError(.invalidRequest, "a label has no name") }
        var object = JSONObject()
        for (name, value) in labels.sorted(by: { $0.key < $1.key }) { object[name] = .string(value) }
        let answer = try await call(.put, try address(of: idOrName, "/labels"), json: ["labels": .object(object)])
        return SandboxInfo.texts(answer["labels"])
    }

    /// Sets the minutes without a request after which a sandbox is stopped; 0 for never.
    @discardableResult
    public func setAutoStop(minutes: Int, of idOrName: String) async throws -> SandboxInfo {
        try await setInterval("autostop", minutes, 0..., of: idOrName)
    }

    /// Sets the minutes after which a stopped sandbox is archived; 0 for the longest that the server allows.
    @discardableResult
    public func setAutoArchive(minutes: Int, of idOrName: String) async throws -> SandboxInfo {
        try await setInterval("autoarchive", minutes, 0..., of: idOrName)
    }

    /// Sets the minutes after which a stopped sandbox is deleted; 0 to delete it when it stops, `nil` for never.
    @discardableResult
    public func setAutoDelete(minutes: Int?, of idOrName: String) async throws -> SandboxInfo {
        try await setInterval("autodelete", minutes ?? -1, (-1)..., of: idOrName)
    }

    private func setInterval(
        _ name: String,
        _ minutes: Int,
        _ range: PartialRangeFrom<Int>,
        of idOrName: String
    ) async throws -> SandboxInfo {
        guard range.contains(minutes) else {
            throw SandboxError(.invalidRequest, "\(minutes) minutes make no \(name) interval")
        }
        return try SandboxInfo(try await call(.post, try address(of: idOrName, "/\(name)/\(minutes)")))
    }
}
