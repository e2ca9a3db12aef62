import BenchmarkProtocol
import BenchmarkTransport

extension DaytonaClient {
    /// How long the toolbox of a new sandbox may take to answer at all.
    private static let toolboxPatience = Duration.seconds(10)

    /// Creates a sandbox and waits until it is started and its toolbox answers.
    ///
    /// - Parameters:
    ///   - request: the source and the properties of the sandbox.
    ///   - timeout: how long the request and the wait may take together. A sandbox that is not started by then, or
    ///     whose creation is cancelled, is deleted.
    public func createSandbox(
        _ request: CreateSandboxRequest,
        timeout: Duration = .seconds(60)
    ) async throws -> DaytonaSandbox {
        try request.check()
        let deadline = EventLoop.monotonicNow() &+ timeout.nanoseconds
        let info = try await insert(request.json(target: credentials.target), within: timeout)
        do {
            let started = try await waitForState(.started, of: info.id, from: info, deadline, timeout)
            let left = Duration.nanoseconds(max(1, deadline - EventLoop.monotonicNow()))
            let sandbox = try await adopt(started, timeout: left)
            try await sandbox.waitForToolbox(atMost: min(Self.toolboxPatience, left))
            return sandbox
        } catch {
            // Nobody else knows that it exists.
            await uncancelled { await discard(info.id) }
            throw error
        }
    }

    /// Sends the request.
    ///
    /// Cancelling it, or running out of time, does not stop the server: the sandbox that its answer names is deleted
    /// when the answer arrives.
    private func insert(_ body: JSONValue, within timeout: Duration) async throws -> SandboxInfo {
        let loop = EventLoopGroup.shared.next()
        let creation = SharedTask(on: loop) {
            try SandboxInfo(try await call(.post, api.appending("/sandbox"), json: body))
        }
        let late = SandboxError(.timedOut, "the sandbox was not created within \(timeout)")
        do {
            return try await loop.withDeadline(timeout, timeout: late) { try await creation.valueUnlessCancelled() }
        } catch {
            loop.startTask { if let info = try? await creation.value { await discard(info.id) } }
            throw error
        }
    }

    /// Deletes a sandbox that nobody will use.
    ///
    /// If the server cannot do so at once, for example while the sandbox is starting, this is retried in the
    /// background.
    private func discard(_ id: String) async {
        if await isDeleted(id) { return }
        let loop = EventLoopGroup.shared.next()
        loop.startTask {
            var pause = Duration.milliseconds(500)
            for _ in 1...10 {
                guard (try? await loop.sleep(for: pause)) != nil else { return }
                if await isDeleted(id) { return }
                pause = min(.seconds(10), pause * 2)
            }
        }
    }

    private func isDeleted(_ id: String) async -> Bool {
        do { try await deleteSandbox(id, timeout: .seconds(10)) } catch let error as SandboxError {
            return ![.conflict, .unavailable, .rateLimited, .timedOut].contains(error.code)
        } catch { return true }
        return true
    }
}

extension DaytonaSandbox {
    /// Waits until the toolbox itself answers, or the time is up; until then, a proxy answers in its place.
    fileprivate func waitForToolbox(atMost patience: Duration) async throws {
        let deadline = EventLoop.monotonicNow() &+ patience.nanoseconds
        while true {
            let left = deadline - EventLoop.monotonicNow()
            guard left > 0 else { return }
            do {
                _ = try await client.call(.get, toolbox.appending("/version"), timeout: .nanoseconds(left))
                return
            } catch let error as SandboxError {
                guard error.code == .unavailable else { return }
            }
            let pause = min(4 * client.configuration.pollInterval.nanoseconds, left)
            try await EventLoopGroup.shared.next().sleep(for: .nanoseconds(pause))
        }
    }
}
