import BenchmarkTransport
import CLinux
import Glibc

/// The private directory of one running server, in which everything of its sandboxes is kept.
///
/// A lock on a file in it tells, even after a crash, whether its server lives: the lock goes with the process. What dead
/// servers of the same user left beside it is removed when a new one starts.
final class InstanceDirectory: Sendable {
    /// The absolute path, without links.
    let path: String
    /// The directory it is in.
    let parent: String
    private let lock: Descriptor

    private static let prefix = "local-daytona"

    /// Makes the directory `local-daytona-<user>-<process>-<random>` in `parent`, for this user alone.
    init(in parent: String) throws(SandboxError) {
        guard let resolved = realpath(parent, nil) else { throw .lastError("cannot use the directory '\(parent)'") }
        defer { free(resolved) }
        let base = String(cString: resolved)
        // The set-up script compares the path with what the kernel lists, where such bytes are written otherwise.
        guard base.utf8.allSatisfy({ $0 > 0x20 && $0 != UInt8(ascii: "\\") && $0 != 0x7F }) else {
            throw SandboxError(.invalidConfiguration, "the directory '\(base)' has blanks or backslashes in its name")
        }
        self.parent = base
        path = "\(base == "/" ? "" : base)/\(Self.prefix)-\(getuid())-\(getpid())-\(RandomText.hexadecimal(count: 8))"
        guard mkdir(path, 0o700) == 0 else { throw .lastError("cannot create '\(path)'") }
        // It has its name only when it is locked: another server that starts now takes an open lock for a dead one's.
        let unlocked = Self.unlockedFile(of: path)
        lock = try Descriptor.open(unlocked, O_RDWR | O_CREAT | O_EXCL, mode: 0o600)
        guard flock(lock.number, LOCK_EX | LOCK_NB) == 0, rename(unlocked, Self.lockFile(of: path)) == 0 else {
            throw .lastError("cannot lock '\(path)'")
        }
    }

    private static func lockFile(of path: String) -> String { "\(path)/lock" }
    private static func unlockedFile(of path: String) -> String { "\(path)/lock.new" }

    /// Removes what servers of this user left that no longer run.
    ///
    /// - Parameter remove: is told the name of each of their directories, to remove what it has elsewhere.
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
            // The lock decides: a process of another pid namespace may hold it, and in a container the server that is
            // started again often has its predecessor's number.
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

    /// Where a sandbox leaves its mark, by which its processes are found after a crash.
    static func markFile(of sandboxDirectory: String) -> String { "\(sandboxDirectory)/mark" }

    private static func marks(in path: String) -> [ProcessMark] {
        guard let directory = try? Descriptor.open(path, O_RDONLY | O_DIRECTORY),
            let names = try? RootedFiles.names(in: directory, path)
        else { return [] }
        return names.compactMap { SystemFile.read(markFile(of: "\(path)/\($0)")).flatMap(ProcessMark.init) }
    }

    /// What the names of the directories of this user's servers begin with.
    static var namePrefix: String { "\(prefix)-\(getuid())-" }

    /// Takes off what is mounted below a tree and removes it, and waits until that is done.
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
    /// Removes an entry of this folder with everything below it.
    ///
    /// Links are removed, never followed.
    ///
    /// By other programs, because a tree can be large, and deeper than there are descriptors.
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
