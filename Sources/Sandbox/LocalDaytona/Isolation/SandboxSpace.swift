import BenchmarkTransport
import CLinux
import Glibc

/// Where the processes of one started sandbox run, and its files as they see them.
///
/// Either namespaces, which end with ``close()`` or with the server, whatever ends it; or, without isolation, processes
/// of the host that are told apart by a ``ProcessMark``. To be used on the loop's thread.
final class SandboxSpace: Sendable {
    /// The home of commands, which is also where they start and what relative paths begin at.
    static let home = "/home/daytona"

    /// The files of the sandbox.
    let files: RootedFiles
    private let place: Place
    private let mark: ProcessMark
    private let loop: EventLoop
    /// The beginning of the arguments of every program that is started.
    private let entrance: Locked<[String]>

    private enum Place: Sendable {
        case namespaces(NamespaceKeeper)
        /// A directory of the host.
        case directory(String)
    }

    /// Opens the space of a sandbox over a directory that exists and belongs to it alone.
    ///
    /// - Parameters:
    ///   - root: the absolute path of that directory on the host.
    ///   - kind: which namespaces to make; nil for none.
    ///   - mark: by which the sandbox's processes are found where there are no namespaces.
    ///   - entrance: what goes before the arguments of every program that is started, and starts it within limits.
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
                // Seen from there, with everything mounted below.
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

    /// How a command names the file that the API calls `path`: the same, unless there is no isolation.
    func pathForCommands(_ path: String) -> String {
        switch place {
        case .namespaces: path
        case .directory(let root): root + path
        }
    }

    /// What every command sees in its environment, with additions that win over it and over one another.
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

    /// Other arguments that go before those of every program that is started from now on.
    func enter(by entrance: [String]) { self.entrance.withLock { $0 = entrance } }

    /// The shell that commands are given to.
    static let shell = access("/bin/bash", X_OK) == 0 ? "/bin/bash" : "/bin/sh"

    /// Starts the shell without arguments, as the leader of a session of its own in the sandbox.
    ///
    /// - Parameter directory: an API path; a folder must be there.
    func startShell(
        in directory: String,
        environment: [String],
        standard: (input: Descriptor, output: Descriptor, error: Descriptor)
    ) throws -> ChildProcess {
        let entrance = entrance.withLock { $0 }
        switch place {
        case .namespaces(let keeper):
            // What the loader obeys must not reach the programs that are still outside.
            let isForLoader = { (setting: String) in
                setting.utf8.starts(with: "LD_".utf8) || setting.utf8.starts(with: "GLIBC_TUNABLES=".utf8)
                    || setting.utf8.starts(with: "GCONV_PATH=".utf8)
            }
            let script = #"cd -- "$1" && shift && exec /usr/bin/env -- "$@""#
            let arguments =
                ["/bin/sh", "-c", script, "sh", files.absolute(directory)] + environment.filter(isForLoader)
                + [Self.shell]
            return try ChildProcess(
                entrance + keeper.kind.enter(keeper.first, arguments),
                environment: environment.filter { !isForLoader($0) },
                standard: standard,
                loop: loop
            )
        case .directory:
            // Through the descriptor, so that a link put there meanwhile leads nowhere else.
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

    /// The leader of the session of a shell started here: with namespaces it is the child of the process that entered
    /// them.
    ///
    /// That child is there shortly after the start; before, the process that will become it is the answer.
    nonisolated(nonsending) func leader(of process: ChildProcess) async -> pid_t {
        switch place {
        case .namespaces: await ProcessTree.current().children(of: process.pid).first ?? process.pid
        case .directory: process.pid
        }
    }

    /// How many processes run in the sandbox; nil if that cannot be told.
    nonisolated(nonsending) func processCount() async -> Int? {
        switch place {
        case .namespaces:
            // The sandbox's own view, in which there are no others; two of them keep the namespaces.
            let names = try? await ServiceExecutor.system.run { [files] in
                try RootedFiles.names(in: files.open("/proc", O_RDONLY | O_DIRECTORY), "/proc")
            }
            return names.map { max(0, $0.count { pid_t($0) != nil } - 2) }
        case .directory: return await ProcessTree.processes(marked: mark).count
        }
    }

    /// Kills everything that runs in the sandbox, which itself goes on.
    nonisolated(nonsending) func killAll() async {
        switch place {
        case .namespaces(let keeper):
            guard let null = try? Descriptor.open("/dev/null", O_RDWR) else { return }
            // All but the first process, and itself.
            let arguments = keeper.kind.enter(keeper.first, ["/bin/sh", "-c", "kill -KILL -1"])
            let process = try? ChildProcess(arguments, standard: (null, null, null), loop: loop)
            _ = await process?.waitForExit()
        case .directory: await Self.killProcesses(marked: mark, on: loop)
        }
    }

    /// Kills everything that runs in the sandbox, and returns when it is gone.
    ///
    /// The files can be reached as long as anybody holds them: a request on another loop may be about to.
    nonisolated(nonsending) func close() async {
        switch place {
        case .namespaces(let keeper): await keeper.end()
        case .directory: await Self.killProcesses(marked: mark, on: loop)
        }
    }

    /// Kills what was started for a sandbox without namespaces.
    nonisolated(nonsending) static func killProcesses(marked mark: ProcessMark, on loop: EventLoop) async {
        // Whoever is between fork and its next look gets caught by the next round.
        for _ in 0..<100 {
            let processes = await ProcessTree.processes(marked: mark)
            if processes.isEmpty { break }
            for process in processes { kill(process, SIGKILL) }
            try? await loop.sleep(for: .milliseconds(10))
        }
    }
}
