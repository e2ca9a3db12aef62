import BenchmarkTransport

/// The sandboxes of one server.
actor SandboxRegistry {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    private let directory: String
    private let kind: NamespaceKind?
    private let grace: Duration
    private let limits: SandboxLimits
    private let log: @Sendable (String) -> Void
    private var entries = [Entry]()
    private var createdCount = 0
    private var isClosed = false
    private let intervals: SandboxIntervals
    private var watch: Task<Void, Never>?

    private struct Entry {
        let sandbox: LocalSandbox
        /// The name it was created with; `nil` once the sandbox is being destroyed.
        var name: String?
    }

    /// - Parameter directory: the directory in which each sandbox gets its own.
    init(
        directory: String,
        kind: NamespaceKind?,
        grace: Duration,
        limits: SandboxLimits = .none,
        intervals: SandboxIntervals,
        log: @escaping @Sendable (String) -> Void = { _ in },
        loop: EventLoop
    ) {
        self.intervals = intervals
        (self.directory, self.kind, self.grace, self.loop) = (directory, kind, grace, loop)
        (self.limits, self.log) = (limits, log)
    }

    /// Adds a sandbox, which the caller must then start.
    ///
    /// - Throws: `APIError` 409 if the name is taken, 503 if the server is shutting down.
    func add(_ record: SandboxRecord) throws -> LocalSandbox {
        if isClosed { throw APIError(503, "the server is shutting down") }
        guard !entries.contains(where: { $0.name?.utf8.elementsEqual(record.name.utf8) == true }) else {
            throw APIError(409, "Sandbox with name \(record.name) already exists")
        }
        createdCount += 1
        let sandbox = LocalSandbox(
            record,
            directory: "\(directory)/\(createdCount)",
            kind: kind,
            grace: grace,
            limits: limits,
            log: log,
            loop: loop
        )
        entries.append(Entry(sandbox: sandbox, name: record.name))
        return sandbox
    }

    /// Returns the sandbox with the given id.
    func sandbox(id: String) -> LocalSandbox? {
        entries.first { $0.sandbox.id.utf8.elementsEqual(id.utf8) }?.sandbox
    }

    /// Returns the sandbox with the given id, or else the one with that name.
    func sandbox(idOrName: String) -> LocalSandbox? {
        sandbox(id: idOrName) ?? entries.first { $0.name?.utf8.elementsEqual(idOrName.utf8) == true }?.sandbox
    }

    /// All sandboxes, oldest first.
    var all: [LocalSandbox] { entries.map(\.sandbox) }

    /// Starts destroying a sandbox, which continues after this returns.
    ///
    /// - Parameters: as for ``LocalSandbox/beginDestroying(for:ifDue:)``.
    /// - Returns: the record, which shows the sandbox as being destroyed.
    func destroy(
        _ sandbox: LocalSandbox,
        for action: SandboxIntervals.Due = .delete,
        ifDue intervals: SandboxIntervals? = nil
    ) async throws -> SandboxRecord {
        try await sandbox.beginDestroying(for: action, ifDue: intervals)
        if let index = entries.firstIndex(where: { $0.sandbox === sandbox }) { entries[index].name = nil }
        loop.startTask {
            await sandbox.finishDestroying()
            await self.remove(sandbox)
        }
        return await sandbox.record
    }

    /// Stops a sandbox, or destroys it if it is to be deleted as soon as it is stopped.
    ///
    /// - Parameter intervals: the intervals that must still call for it; `nil` stops it in any case.
    func stop(_ sandbox: LocalSandbox, ifDue intervals: SandboxIntervals? = nil) async throws -> SandboxRecord {
        if await sandbox.record.autoDeleteMinutes == 0 {
            return try await destroy(sandbox, for: .stop, ifDue: intervals)
        }
        try await loop.startThrowingTask { try await sandbox.stop(ifDue: intervals) }.value
        return await sandbox.record
    }

    // MARK: Intervals

    /// Starts applying the intervals of the sandboxes.
    func heedIntervals() {
        watch = loop.startTask { [weak self, loop, pause = intervals.pause] in
            while (try? await loop.sleep(for: pause)) != nil, let self { await self.doWhatIsDue() }
        }
    }

    private func doWhatIsDue() async {
        for sandbox in all {
            guard !isClosed, let due = await sandbox.due(intervals) else { continue }
            // If a request uses the sandbox or changes its state first, this fails, and the next check tries again.
            switch due {
            case .stop:
                if (try? await stop(sandbox, ifDue: intervals)) != nil {
                    log("sandbox \(sandbox.id): stopped, nobody used it")
                }
            case .archive: try? await sandbox.archive()
            case .delete:
                if (try? await destroy(sandbox, ifDue: intervals)) != nil {
                    log("sandbox \(sandbox.id): deleted, it was stopped long enough")
                }
            }
        }
    }

    private func remove(_ sandbox: LocalSandbox) { entries.removeAll { $0.sandbox === sandbox } }

    /// Destroys all sandboxes, and refuses new ones.
    ///
    /// Cancellation does not interrupt it.
    func close() async {
        isClosed = true
        watch?.cancel()
        let tasks = all.map { sandbox in loop.startTask { await sandbox.destroy() } }
        for task in tasks { await task.value }
        entries = []
    }
}
