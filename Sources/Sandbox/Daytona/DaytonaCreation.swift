import BenchmarkProtocol
import BenchmarkTransport

extension DaytonaClient {
    /// How long the toolbox of a new sandbox may take to answer at all.
    private static let toolboxPatience = Duration.seconds(10)
    /// The name of the label by which a sandbox is found if the answer to its creation is lost.
    private static let creationLabel = "benchmark-creation"

    /// Creates a sandbox and waits until it is started and its toolbox answers.
    ///
    /// It gets one label more than requested, `benchmark-creation`, by which it is found and deleted if the server
    /// creates it but its answer does not arrive.
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
        let info = try await insert(request, within: timeout)
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
    /// Cancelling it, or running out of time, does not stop the server: a sandbox that it makes is deleted in the
    /// background.
    private func insert(_ request: CreateSandboxRequest, within timeout: Duration) async throws -> SandboxInfo {
        let creationID = RandomText.uuid()
        var labeled = request
        labeled.labels.append((name: Self.creationLabel, value: creationID))
        let body = labeled.json(target: credentials.target)
        let loop = EventLoopGroup.shared.next()
        let creation = SharedTask(on: loop) {
            try SandboxInfo(try await call(.post, api.appending("/sandbox"), json: body))
        }
        let late = SandboxError(.timedOut, "the sandbox was not created within \(timeout)")
        do {
            return try await loop.withDeadline(timeout, timeout: late) { try await creation.valueUnlessCancelled() }
        } catch {
            loop.startTask { await discardResult(of: creation, creationID) }
            throw error
        }
    }

    /// Deletes what a creation makes, once that is known.
    private func discardResult(of creation: SharedTask<SandboxInfo>, _ creationID: String) async {
        do { await discard(try await creation.value.id) } catch let error as SandboxError {
            let refusals: [SandboxError.Code] = [
                .unauthorized, .forbidden, .notFound, .conflict, .invalidRequest, .rateLimited,
            ]
            if refusals.contains(error.code) { return }
            let query = SandboxQuery(labels: [Self.creationLabel: creationID])
            await repeated {
                // Lists lag behind: one that is empty proves nothing.
                guard let found = try? await sandboxPage(query).items.first else { return false }
                return await isDeleted(found.id)
            }
        } catch {}
    }

    /// Deletes a sandbox that nobody will use.
    ///
    /// If the server cannot do so at once, for example while the sandbox is starting, this is retried in the
    /// background.
    private func discard(_ id: String) async {
        if await isDeleted(id) { return }
        EventLoopGroup.shared.next().startTask { await repeated { await isDeleted(id) } }
    }

    /// Repeats a step until it succeeds, less and less often, for about a minute.
    private func repeated(_ step: () async -> Bool) async {
        var pause = Duration.milliseconds(500)
        for _ in 1...10 {
            guard (try? await EventLoopGroup.shared.next().sleep(for: pause)) != nil else { return }
            if await step() { return }
            pause = min(.seconds(10), pause * 2)
        }
    }

    private func isDeleted(_ id: String) async -> Bool {
        // Any failure may pass: proxies even take a valid key for a wrong one, and remember that for 5 seconds.
        (try? await deleteSandbox(id, timeout: .seconds(10))) != nil
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
