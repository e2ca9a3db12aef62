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
        lock = try Descriptor.open("\(path)/lock", O_RDWR | O_CREAT | O_EXCL, mode: 0o600)
        guard flock(lock.number, LOCK_EX | LOCK_NB) == 0 else { throw .lastError("cannot lock '\(path)'") }
    }

    /// Removes what servers of this user left that no longer run.
    nonisolated(nonsending) func removeStale(on loop: EventLoop) async {
        guard let directory = try? Descriptor.open(parent, O_RDONLY | O_DIRECTORY),
            let names = try? RootedFiles.names(in: directory, parent)
        else { return }
        for name in names {
            let parts = name.split(separator: "-", omittingEmptySubsequences: false)
            guard parts.count == 5, "\(parts[0])-\(parts[1])" == Self.prefix, parts[2] == "\(getuid())",
                let pid = pid_t(parts[3]), kill(pid, 0) != 0, clinux_errno() == ESRCH
            else { continue }
            let path = "\(parent)/\(name)"
            var status = stat()
            guard lstat(path, &status) == 0, status.st_uid == getuid(), FileInfo.kind(status.st_mode) == Glibc.S_IFDIR
            else { continue }
            // A process of another pid namespace may own it: the lock says so where the number cannot.
            if let lock = try? Descriptor.open("\(path)/lock", O_RDWR | O_NOFOLLOW) {
                guard flock(lock.number, LOCK_EX | LOCK_NB) == 0 else { continue }
                for id in Self.sandboxIDs(in: path) { await SandboxSpace.killProcesses(of: id, on: loop) }
                await Self.remove(path, on: loop)
            } else {
                rmdir(path)
            }
        }
    }

    /// Where a sandbox leaves its id, by which its processes are found after a crash.
    static func idFile(of sandboxDirectory: String) -> String { "\(sandboxDirectory)/id" }

    private static func sandboxIDs(in path: String) -> [String] {
        guard let directory = try? Descriptor.open(path, O_RDONLY | O_DIRECTORY),
            let names = try? RootedFiles.names(in: directory, path)
        else { return [] }
        // An empty one would be everybody's.
        return names.compactMap { SystemFile.read(idFile(of: "\(path)/\($0)")) }.filter { !$0.isEmpty }
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
