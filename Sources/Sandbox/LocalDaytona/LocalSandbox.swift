import BenchmarkProtocol
import BenchmarkTransport
import CLinux
import Glibc

/// One sandbox of the local server: its record and, while it is started, its processes and sessions.
///
/// Its files live in a directory of its own until it is destroyed. Stopping kills every process and forgets the
/// sessions; the files stay.
actor LocalSandbox {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
    /// The id, a UUID.
    nonisolated let id: String

    /// The record that the control plane shows.
    private(set) var record: SandboxRecord
    private let directory: String
    private let kind: NamespaceKind?
    private let grace: Duration
    private let limits: SandboxLimits
    private let log: @Sendable (String) -> Void
    private var space: SandboxSpace?
    private var appliedLimits: AppliedLimits?
    private var sessions = [ScalarString: LocalSession]()
    private var sessionOrder = [ScalarString]()
    private var sessionCount = 0
    /// The ids of the sessions that are being created.
    private var beginning = Set<ScalarString>()
    /// When it was last used, and whether a request is open.
    nonisolated let activity = SandboxActivity()
    private var stoppedAt: LoopInstant = 0
    /// Fires when the state change in progress has ended.
    private var changeEnd: OneShotEvent?

    /// The ways in which a request to a sandbox can fail.
    enum Failure: Error, Sendable, Equatable {
        case changeInProgress, notStarted, notStopped, sessionExists, diskIsFixed
        case cannotStart(String)
    }

    /// Creates a sandbox, which ``start()`` must then start.
    ///
    /// - Parameters:
    ///   - directory: the path of its directory on the host, which does not exist yet.
    ///   - kind: the namespaces it gets; `nil` for none.
    ///   - grace: how long its processes may take to end when a session is deleted.
    ///   - limits: how its resources are limited.
    ///   - log: receives messages for its user.
    init(
        _ record: SandboxRecord,
        directory: String,
        kind: NamespaceKind?,
        grace: Duration,
        limits: SandboxLimits = .none,
        log: @escaping @Sendable (String) -> Void = { _ in },
        loop: EventLoop
    ) {
        (self.record, self.directory, self.kind, self.grace, self.loop) = (record, directory, kind, grace, loop)
        (self.limits, self.log) = (limits, log)
        id = record.id
    }

    // MARK: State

    /// Changes properties that do not involve a change of state, and returns the new record.
    func update(_ change: @Sendable (inout SandboxRecord) -> Void) -> SandboxRecord {
        change(&record)
        record.updatedAt = Timestamp()
        return record
    }

    /// Starts the sandbox, from any state in which no change is in progress; does nothing if it is already started.
    func start() async throws {
        if record.state == .started { return }
        // A new sandbox is already in the state `creating`, although no change is in progress yet.
        guard changeEnd == nil, !record.state.isTransient || record.state == .creating, record.state != .destroyed
        else {
            throw Failure.changeInProgress
        }
        let end = begin(record.state == .creating ? .creating : .starting, desired: .started)
        defer { end.fire() }
        do {
            space = try await openSpace()
            record.errorReason = nil
            settle(.started)
        } catch {
            let reason = (error as? SandboxError)?.message ?? "\(error)"
            record.errorReason = reason
            settle(.error)
            throw Failure.cannotStart(reason)
        }
    }

    /// Changes its limits, as far as that is possible while it runs.
    func limit(to asked: ResourceLimits) throws {
        // A disk image keeps the size it was created with.
        let isImage = limits.hasDiskImages && limits.mechanism != .none
        if isImage, asked.diskBytes != record.limits?.diskBytes { throw Failure.diskIsFixed }
        try appliedLimits?.change(to: asked)
        record.limits = asked
        if let appliedLimits { space?.enter(by: appliedLimits.entrance) }
    }

    private func openSpace() async throws -> SandboxSpace {
        for path in [directory, "\(directory)/root", "\(directory)/logs"] {
            let isPrivate = path == directory
            guard mkdir(path, isPrivate ? 0o700 : 0o755) == 0 || clinux_errno() == EEXIST else {
                throw SandboxError.lastError("cannot create '\(path)'")
            }
        }
        let root = "\(directory)/root"
        let mark = ProcessMark(id: id)
        try Descriptor.open(InstanceDirectory.markFile(of: directory), O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600)
            .write(Array(mark.text.utf8), path: "mark")
        do {
            if limits.mechanism != .none, let asked = record.limits {
                appliedLimits = try AppliedLimits(asked, limits, number: RootedFiles.split(directory).name)
                if limits.hasDiskImages, let byteCount = asked.diskBytes {
                    try await DiskImage("\(directory)/image", on: root, loop: loop).mount(byteCount: byteCount)
                }
            }
            let entrance = appliedLimits?.entrance ?? []
            let space = try await SandboxSpace.open(root: root, kind: kind, mark: mark, entrance: entrance, loop: loop)
            appliedLimits?.watch(space, root: root, on: loop) { [weak self] what in await self?.exceed(what) }
            return space
        } catch {
            await endLimits()
            throw error
        }
    }

    private func endLimits() async {
        await appliedLimits?.end(on: loop)
        appliedLimits = nil
    }

    /// Whether its files exceed its disk limit.
    var isOverQuota: Bool { appliedLimits?.isOverDisk ?? false }

    private func exceed(_ what: String) async {
        log("sandbox \(id): \(what); its processes are killed")
        await space?.killAll()
    }

    /// Stops the sandbox: kills every process and forgets every session.
    ///
    /// - Parameter intervals: the intervals that must still call for it; `nil` stops it in any case.
    func stop(ifDue intervals: SandboxIntervals? = nil) async throws {
        if record.state == .stopped || record.state == .archived { return }
        guard changeEnd == nil, !record.state.isTransient, isDue(.stop, intervals) else {
            throw Failure.changeInProgress
        }
        let end = begin(.stopping, desired: .stopped)
        defer { end.fire() }
        await endProcesses()
        settle(.stopped)
    }

    /// Archives the sandbox, which must be stopped.
    ///
    /// There is no cheaper storage for its files, so only its state changes.
    func archive() throws {
        if record.state == .archived { return }
        guard changeEnd == nil, record.state == .stopped else { throw Failure.notStopped }
        (record.state, record.desiredState) = (.archived, .archived)
    }

    /// Returns the action that its intervals call for now, if any.
    func due(_ intervals: SandboxIntervals) -> SandboxIntervals.Due? {
        if changeEnd != nil { return nil }
        switch record.state {
        case .started:
            let idle = activity.idleNanoseconds
            // A request counts as activity for as long as it is open.
            if idle == nil { record.lastActivityAt = Timestamp() }
            return intervals.due(record, idle: idle)
        case .stopped, .archived: return intervals.due(record, stopped: EventLoop.monotonicNow() - stoppedAt)
        default: return nil
        }
    }

    /// Returns whether an action is due; without intervals, any is.
    private func isDue(_ action: SandboxIntervals.Due, _ intervals: SandboxIntervals?) -> Bool {
        intervals.map { due($0) == action } ?? true
    }

    /// Starts destroying the sandbox: its state changes at once, and ``finishDestroying()`` must follow.
    ///
    /// - Parameters:
    ///   - action: the action of which this is part.
    ///   - intervals: the intervals that must still call for that action; `nil` destroys the sandbox in any case.
    func beginDestroying(for action: SandboxIntervals.Due = .delete, ifDue intervals: SandboxIntervals? = nil) throws {
        guard changeEnd == nil, !record.state.isTransient, isDue(action, intervals) else {
            throw Failure.changeInProgress
        }
        _ = begin(.destroying, desired: .destroyed)
        record.name = "DESTROYED_\(record.name)"
    }

    /// Kills everything and removes the directory.
    func finishDestroying() async {
        await endProcesses()
        await InstanceDirectory.remove(directory, on: loop)
        let end = changeEnd
        settle(.destroyed)
        end?.fire()
    }

    /// Destroys the sandbox in any state, after the change in progress, if any.
    func destroy() async {
        while let changeEnd { await changeEnd.wait() }
        if record.state == .destroyed { return }
        _ = begin(.destroying, desired: .destroyed)
        await finishDestroying()
    }

    private func begin(_ state: SandboxRecord.State, desired: SandboxRecord.State) -> OneShotEvent {
        let end = OneShotEvent()
        changeEnd = end
        (record.state, record.desiredState) = (state, desired)
        return end
    }

    private func settle(_ state: SandboxRecord.State) {
        record.state = state
        changeEnd = nil
        if state == .stopped { stoppedAt = EventLoop.monotonicNow() }
        touch()
    }

    /// Records activity.
    func touch() {
        record.lastActivityAt = Timestamp()
        activity.touch()
    }

    private func endProcesses() async {
        let ended = sessions
        (sessions, sessionOrder) = ([:], [])
        for session in ended.values { await session.abandon() }
        await space?.close()
        // A deletion in progress has nothing left to wait for; it must not run into the files of a later session.
        for session in ended.values { await session.waitForDeletion() }
        space = nil
        await endLimits()
    }

    // MARK: Toolbox

    /// Records a request to its toolbox, which counts as activity until the last reference to the result is released.
    func beginRequest() -> SandboxActivity.Request {
        record.lastActivityAt = Timestamp()
        return activity.begin()
    }

    /// Returns the space of the sandbox, which must be started.
    func activeSpace() throws -> SandboxSpace {
        guard let space, record.state == .started else { throw Failure.notStarted }
        return space
    }

    /// Runs a one-shot command.
    func run(
        _ text: String,
        in directory: String?,
        adding environment: [(name: String, value: String)],
        timeout: Duration?
    ) async throws -> OneShotCommand.Outcome {
        let space = try activeSpace()
        let command = OneShotCommand(
            text: text,
            directory: directory ?? SandboxSpace.home,
            environment: space.environment(adding: record.environment + environment),
            timeout: timeout
        )
        return await command.run(in: space, loop: loop)
    }

    /// Creates a session with the id that the client chose.
    func createSession(_ id: String) async throws {
        let space = try activeSpace()
        let key = ScalarString(id)
        guard sessions[key] == nil, beginning.insert(key).inserted else { throw Failure.sessionExists }
        defer { beginning.remove(key) }
        sessionCount += 1
        let folder = LocalSession.directory(of: id, number: sessionCount)
        // Left by a session that a stop ended or that could not be started, or put there by a command.
        if let (parent, name) = try? space.files.parent(of: folder) {
            await parent.removeTree(named: name, on: loop)
            guard try activeSpace() === space else { throw Failure.notStarted }
        }
        let setting = LocalSession.Setting(
            space: space,
            environment: space.environment(adding: record.environment),
            logDirectory: "\(directory)/logs",
            directory: folder,
            grace: grace,
            loop: loop
        )
        let session = try LocalSession(id: id, setting)
        sessions[key] = session
        sessionOrder.append(key)
    }

    /// Returns the session with the given id.
    func session(_ id: String) throws -> LocalSession {
        _ = try activeSpace()
        guard let session = sessions[ScalarString(id)] else { throw LocalSession.Failure.sessionNotFound }
        return session
    }

    /// Returns all sessions, in the order they were created.
    func allSessions() throws -> [LocalSession] {
        _ = try activeSpace()
        return sessionOrder.compactMap { sessions[$0] }
    }

    /// Deletes a session, see ``LocalSession/delete()``, and forgets it.
    ///
    /// Until then, no other session can have its id.
    func deleteSession(_ id: String) async throws {
        let session = try session(id)
        // Continues even if the client disconnects.
        await loop.startTask { await session.delete() }.value
        let key = ScalarString(id)
        if sessions[key] === session {
            sessions[key] = nil
            sessionOrder.removeAll { $0 == key }
        }
    }
}
