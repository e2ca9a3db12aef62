import BenchmarkTransport
import CLinux
import Glibc

/// The place where the processes of one started sandbox run, with its files as they see them.
///
/// Either namespaces, which end with ``close()`` or with the server, however that ends; or, without isolation,
/// processes of the host, identified by a ``ProcessMark``. To be used on the loop's thread.
final class SandboxSpace: Sendable {
    /// The home of commands, in which they start and at which relative paths begin.
    static let home = "/home/daytona"

    /// The files of the sandbox.
    let files: RootedFiles
    private let place: Place
    private let mark: ProcessMark
    private let loop: EventLoop
    /// The arguments put before those of every program that is started.
    private let entrance: Locked<[String]>

    private enum Place: Sendable {
        case namespaces(NamespaceKeeper)
        /// A directory of the host.
        case directory(String)
    }

    /// Opens the space of a sandbox over an existing directory that belongs to it alone.
    ///
    /// - Parameters:
    ///   - root: the absolute path of that directory on the host.
    ///   - kind: which namespaces to create; `nil` for none.
    ///   - mark: identifies the sandbox's processes where there are no namespaces.
    ///   - entrance: the arguments put before those of every program that is started, so that it starts within limits.
    nonisolated(nonsending) static func open(
        root: String,
        kind: NamespaceKind?,
        mark: ProcessMark,
        entrance: [String] = [],
        loop: EventLoop
    ) async throws -> SandboxSpace {
        if let kind {
            let keeper = try await NamespaceKeeper.start(root: root, kind: kind, loop: loop)
            do {
                // As seen from inside, with everything mounted below.
                let root = try Descriptor.open("/proc/\(keeper.first)/root", clinux_O_PATH | O_DIRECTORY)
                return SandboxSpace(root, .namespaces(keeper), mark, entrance, loop)
            } catch {
                await keeper.end()
                throw error
            }
        }
        let space = SandboxSpace(
            try Descriptor.open(root, clinux_O_PATH | O_DIRECTORY),
            .directory(root),
            mark,
            entrance,
            loop
        )
        for path in ["/tmp", "/var/tmp", "/run", "/workspace", home] { try space.files.makeDirectories(path) }
        return space
    }

    private init(_ root: Descriptor, _ place: Place, _ mark: ProcessMark, _ entrance: [String], _ loop: EventLoop) {
        files = RootedFiles(root: root, workingDirectory: Self.home)
        (self.place, self.mark, self.loop) = (place, mark, loop)
        self.entrance = Locked(entrance)
    }

    /// Returns the path that commands use for the API path `path`: the same, unless there is no isolation.
    func pathForCommands(_ path: String) -> String {
        switch place {
        case .namespaces: path
        case .directory(let root): root + path
        }
    }

    /// Returns the environment of a command; additions override the defaults and earlier additions.
    func environment(adding additions: [(name: String, value: String)]) -> [String] {
        var settings = [
            ("PATH", Spawn.path), ("HOME", pathForCommands(Self.home)), ("USER", "daytona"), ("LOGNAME", "daytona"),
            ("SHELL", Self.shell), ("LANG", "C.UTF-8"), ("TMPDIR", pathForCommands("/tmp")),
        ]
        for (name, value) in additions where !value.utf8.contains(0) {
            settings.removeAll { $0.0.utf8.elementsEqual(name.utf8) }
            settings.append((name, value))
        }
        return settings.filter { $0.0 != ProcessMark.settingName }.map { "\($0.0)=\($0.1)" } + [mark.setting]
    }

    /// Replaces the arguments put before those of every program that is started from now on.
    func enter(by entrance: [String]) { self.entrance.withLock { $0 = entrance } }

    /// The shell that runs commands.
    static let shell = access("/bin/bash", X_OK) == 0 ? "/bin/bash" : "/bin/sh"

    /// Starts the shell without arguments, as the leader of its own session in the sandbox.
    ///
    /// - Parameter directory: the API path of an existing folder.
    func startShell(
        in directory: String,
        environment: [String],
        standard: (input: Descriptor, output: Descriptor, error: Descriptor)
    ) throws -> ChildProcess {
        let entrance = entrance.withLock { $0 }
        switch place {
        case .namespaces(let keeper):
            // The programs that still run outside must not obey the command's variables, such as those of the dynamic
            // loader or of their shell. So each arrives as the value of another, and is set inside.
            let names = environment.indices.map { "S\($0)" }
            let settings = names.map { "\"$\($0)\"" }.joined(separator: " ")
            let script = #"cd -- "$1" && exec /usr/bin/env -i -- \#(settings) \#(Self.shell)"#
            let arguments = ["/bin/sh", "-c", script, "sh", files.absolute(directory)]
            return try ChildProcess(
                entrance + keeper.kind.enter(keeper.first, arguments),
                environment: Spawn.toolEnvironment + zip(names, environment).map { "\($0)=\($1)" },
                standard: standard,
                loop: loop
            )
        case .directory:
            // Through the descriptor, so that a link put there in the meantime does not lead elsewhere.
            let opened = try files.openDirectory(directory)
            return try ChildProcess(
                mark.entrance + entrance + [Self.shell],
                environment: environment,
                directory: "/proc/self/fd/\(opened.number)",
                standard: standard,
                loop: loop
            )
        }
    }

    /// Returns the leader of the session of a shell started here.
    ///
    /// With namespaces, it is the child of the process that entered them. That child appears shortly after the start;
    /// until then, its future parent is returned.
    nonisolated(nonsending) func leader(of process: ChildProcess) async -> pid_t {
        switch place {
        case .namespaces: await ProcessTree.current().children(of: process.pid).first ?? process.pid
        case .directory: process.pid
        }
    }

    /// Returns how many processes run in the sandbox; `nil` if that cannot be determined.
    nonisolated(nonsending) func processCount() async -> Int? {
        switch place {
        case .namespaces:
            // The sandbox's own view, which shows no other processes; two of its processes keep the namespaces.
            let names = try? await ServiceExecutor.system.run { [files] in
                try RootedFiles.names(in: files.open("/proc", O_RDONLY | O_DIRECTORY), "/proc")
            }
            return names.map { max(0, $0.count { pid_t($0) != nil } - 2) }
        case .directory: return await ProcessTree.processes(marked: mark).count
        }
    }

    /// Kills the process groups that have outlived their leader and hold a pipe open.
    ///
    /// - Parameter pipe: what links to the pipe say, such as `pipe:[123]`.
    nonisolated(nonsending) func killLeaderlessGroups(holding pipe: String) async {
        let isIncluded: @Sendable (pid_t) -> Bool
        switch place {
        case .namespaces(let keeper):
            let namespace = SystemFile.target(ofLink: "/proc/\(keeper.first)/ns/pid")
            isIncluded = { namespace != nil && SystemFile.target(ofLink: "/proc/\($0)/ns/pid") == namespace }
        case .directory: isIncluded = mark.isOn
        }
        for group in await ProcessTree.leaderlessGroups(holding: pipe, where: isIncluded) { kill(-group, SIGKILL) }
    }

    /// Kills everything that runs in the sandbox, but keeps the sandbox itself.
    nonisolated(nonsending) func killAll() async {
        switch place {
        case .namespaces(let keeper):
            guard let null = try? Descriptor.open("/dev/null", O_RDWR) else { return }
            // Kills all but the first process and itself.
            let arguments = keeper.kind.enter(keeper.first, ["/bin/sh", "-c", "kill -KILL -1"])
            let process = try? ChildProcess(arguments, standard: (null, null, null), loop: loop)
            _ = await process?.waitForExit()
        case .directory: await Self.killProcesses(marked: mark, on: loop)
        }
    }

    /// Kills everything that runs in the sandbox, and returns when it is gone.
    ///
    /// The files stay accessible as long as anything holds them: a request on another loop may be about to use them.
    nonisolated(nonsending) func close() async {
        switch place {
        case .namespaces(let keeper): await keeper.end()
        case .directory: await Self.killProcesses(marked: mark, on: loop)
        }
    }

    /// Kills what was started for a sandbox without namespaces.
    nonisolated(nonsending) static func killProcesses(marked mark: ProcessMark, on loop: EventLoop) async {
        // A process that was forked during one round is caught by the next.
        for _ in 0..<100 {
            let processes = await ProcessTree.processes(marked: mark)
            if processes.isEmpty { break }
            for process in processes { kill(process, SIGKILL) }
            try? await loop.sleep(for: .milliseconds(10))
        }
    }
}
