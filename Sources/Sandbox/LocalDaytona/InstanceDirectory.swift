import BenchmarkTransport
import CLinux
import Glibc

/// The private directory of one running server, which holds everything that belongs to its sandboxes.
///
/// A lock on a file in it shows, even after a crash, whether its server is alive: the lock ends with the process. When
/// a new server starts, it removes the directories that dead servers of the same user left beside its own.
final class InstanceDirectory: Sendable {
    /// The absolute path, with symbolic links resolved.
    let path: String
    /// The directory that contains it.
    let parent: String
    private let lock: Descriptor

    private static let prefix = "local-daytona"

    /// Creates the directory `local-daytona-<user>-<process>-<random>` in `parent`, accessible to this user only.
    init(in parent: String) throws(SandboxError) {
        guard let resolved = realpath(parent, nil) else { throw .lastError("cannot use the directory '\(parent)'") }
        defer { free(resolved) }
        let base = String(cString: resolved)
        // The setup script compares the path with the kernel's list of mounts, which escapes these bytes.
        guard base.utf8.allSatisfy({ $0 > 0x20 && $0 != UInt8(ascii: "\\") && $0 != 0x7F }) else {
            throw SandboxError(.invalidConfiguration, "the directory '\(base)' has blanks or backslashes in its name")
        }
        self.parent = base
        path = "\(base == "/" ? "" : base)/\(Self.prefix)-\(getuid())-\(getpid())-\(RandomText.hexadecimal(count: 8))"
        guard mkdir(path, 0o700) == 0 else { throw .lastError("cannot create '\(path)'") }
        // The file gets its name only once it is locked: a server starting now would take an unlocked one for a dead
        // server's.
        let unlocked = Self.unlockedFile(of: path)
        lock = try Descriptor.open(unlocked, O_RDWR | O_CREAT | O_EXCL, mode: 0o600)
        guard flock(lock.number, LOCK_EX | LOCK_NB) == 0, rename(unlocked, Self.lockFile(of: path)) == 0 else {
            throw .lastError("cannot lock '\(path)'")
        }
    }

    private static func lockFile(of path: String) -> String { "\(path)/lock" }
    private static func unlockedFile(of path: String) -> String { "\(path)/lock.new" }

    /// Removes what dead servers of this user have left behind.
    ///
    /// - Parameter remove: called with the name of each of their directories, to remove what belongs to it elsewhere.
    nonisolated(nonsending) func removeStale(
        on loop: EventLoop,
        _ remove: nonisolated(nonsending) (_ name: String) async -> Void = { _ in }
    ) async {
        guard let directory = try? Descriptor.open(parent, O_RDONLY | O_DIRECTORY),
            let names = try? RootedFiles.names(in: directory, parent)
        else { return }
        for name in names {
            let parts = name.split(separator: "-", omittingEmptySubsequences: false)
            guard parts.count == 5, "\(parts[0])-\(parts[1])" == Self.prefix, parts[2] == "\(getuid())",
                let pid = pid_t(parts[3])
            else { continue }
            let path = "\(parent)/\(name)"
            var status = stat()
            guard lstat(path, &status) == 0, status.st_uid == getuid(), FileInfo.kind(status.st_mode) == Glibc.S_IFDIR
            else { continue }
            // The lock decides, not the process ID: a process of another PID namespace may hold it, and in a container
            // a restarted server often has the process ID of its predecessor.
            if let lock = try? Descriptor.open(Self.lockFile(of: path), O_RDWR | O_NOFOLLOW) {
                guard flock(lock.number, LOCK_EX | LOCK_NB) == 0 else { continue }
                for mark in Self.marks(in: path) { await SandboxSpace.killProcesses(marked: mark, on: loop) }
                await remove(name)
                await Self.remove(path, on: loop)
            } else if kill(pid, 0) != 0, clinux_errno() == ESRCH {
                unlink(Self.unlockedFile(of: path))
                rmdir(path)
            }
        }
    }

    /// Returns the path of the file with a sandbox's mark, which identifies its processes after a crash.
    static func markFile(of sandboxDirectory: String) -> String { "\(sandboxDirectory)/mark" }

    private static func marks(in path: String) -> [ProcessMark] {
        guard let directory = try? Descriptor.open(path, O_RDONLY | O_DIRECTORY),
            let names = try? RootedFiles.names(in: directory, path)
        else { return [] }
        return names.compactMap { SystemFile.read(markFile(of: "\(path)/\($0)")).flatMap(ProcessMark.init) }
    }

    /// The prefix of the names of the directories of this user's servers.
    static var namePrefix: String { "\(prefix)-\(getuid())-" }

    /// Unmounts everything at or below a path and removes the tree; returns when that is done.
    ///
    /// Links are removed, never followed.
    nonisolated(nonsending) static func remove(_ path: String, on loop: EventLoop) async {
        await MountTable.unmount(path, loop)
        let (parent, name) = RootedFiles.split(path)
        guard let directory = try? Descriptor.open(parent, clinux_O_PATH | O_DIRECTORY) else { return }
        await directory.removeTree(named: name, on: loop)
    }
}

extension Descriptor {
    /// Removes an entry of this folder and everything below it.
    ///
    /// Links are removed, never followed.
    ///
    /// External programs do it, because a tree can be large, and deeper than the number of descriptors available.
    nonisolated(nonsending) func removeTree(named name: String, on loop: EventLoop) async {
        // A command may have left folders that their owner cannot enter.
        for program in [["rm", "-rf"], ["chmod", "-R", "u+rwX"], ["rm", "-rf"]] {
            var status = stat()
            guard fstatat(number, name, &status, AT_SYMLINK_NOFOLLOW) == 0,
                let null = try? Descriptor.open("/dev/null", O_RDWR),
                let process = try? ChildProcess(
                    program + ["--", "./\(name)"],
                    directory: "/proc/self/fd/\(number)",
                    standard: (null, null, null),
                    loop: loop
                )
            else { return }
            _ = await process.waitForExit()
        }
    }
}
