import BenchmarkTransport
import Glibc

/// A snapshot of the machine's processes and of which descends from which.
struct ProcessTree: Sendable {
    private var children = [pid_t: [pid_t]]()
    /// The start time of each process in ticks since boot, which distinguishes it from a later one with the same ID.
    private var starts = [pid_t: String]()
    /// The members of each process group.
    private var groups = [pid_t: [pid_t]]()

    /// Reads `/proc`.
    ///
    /// Processes that end in the meantime are left out.
    init() {
        guard let directory = opendir("/proc") else { return }
        defer { closedir(directory) }
        while let entry = readdir(directory) {
            guard let pid = pid_t(entry.name), let (parent, group, start) = Self.origin(of: pid) else { continue }
            starts[pid] = start
            children[parent, default: []].append(pid)
            groups[group, default: []].append(pid)
        }
    }

    /// Creates a tree from the children of each process.
    init(children: [pid_t: [pid_t]]) { self.children = children }

    /// Reads `/proc` on a thread that may block, since the time this takes grows with the number of processes.
    nonisolated(nonsending) static func current() async -> ProcessTree {
        // Nothing in the closure throws.
        (try? await ServiceExecutor.system.run { ProcessTree() }) ?? ProcessTree(children: [:])
    }

    /// Returns the processes that have a mark and all their descendants; searches as ``current()`` does.
    nonisolated(nonsending) static func processes(marked mark: ProcessMark) async -> [pid_t] {
        (try? await ServiceExecutor.system.run { ProcessTree().processes(marked: mark) }) ?? []
    }

    /// Returns the process groups that have outlived their leader and hold a pipe open; searches as ``current()`` does.
    ///
    /// The number of such a group belongs to no other, since the kernel reuses none that has members.
    ///
    /// - Parameters:
    ///   - pipe: what links to the pipe say, such as `pipe:[123]`.
    ///   - isIncluded: whether a process counts.
    nonisolated(nonsending) static func leaderlessGroups(
        holding pipe: String,
        where isIncluded: @escaping @Sendable (pid_t) -> Bool
    ) async -> [pid_t] {
        let search: @Sendable () -> [pid_t] = {
            let tree = ProcessTree()
            return tree.groups.filter { group, members in
                // 0 is a group that cannot be seen from here; a signal to it would go to this process's own.
                group > 1 && tree.starts[group] == nil && members.contains { isIncluded($0) && holds($0, pipe) }
            }.map(\.key)
        }
        return (try? await ServiceExecutor.system.run(search)) ?? []
    }

    private static func holds(_ pid: pid_t, _ pipe: String) -> Bool {
        let folder = "/proc/\(pid)/fd"
        guard let directory = try? Descriptor.open(folder, O_RDONLY | O_DIRECTORY),
            let names = try? RootedFiles.names(in: directory, folder)
        else { return false }
        return names.contains { SystemFile.target(ofLink: "\(folder)/\($0)") == pipe }
    }

    /// Returns the children of a process.
    func children(of pid: pid_t) -> [pid_t] { children[pid] ?? [] }

    /// Returns all descendants of a process, parents before their children.
    func descendants(of pid: pid_t) -> [pid_t] {
        var found = [pid_t]()
        // The snapshot is not of one moment: with a number that was used again, a process may be its own descendant.
        var seen: Set = [pid]
        var next = children(of: pid)
        while !next.isEmpty {
            next.removeAll { !seen.insert($0).inserted }
            found += next
            next = next.flatMap(children(of:))
        }
        return found
    }

    /// Returns the identity of a process; `nil` if it is not in the snapshot.
    func identity(of pid: pid_t) -> Identity? { starts[pid].map { Identity(pid: pid, start: $0) } }

    /// Returns whether that very process is in the snapshot.
    func contains(_ identity: Identity) -> Bool { starts[identity.pid] == identity.start }

    /// The identity of a process, which a later one with the same ID does not share.
    struct Identity: Sendable, Hashable {
        let pid: pid_t
        fileprivate let start: String
    }

    private func processes(marked mark: ProcessMark) -> [pid_t] {
        let marked = starts.keys.filter(mark.isOn)
        return Array(Set(marked + marked.flatMap(descendants(of:))))
    }

    /// Returns the parent, group and start time of a process; `nil` for a zombie, which has nothing left to kill.
    ///
    /// The second field of `/proc/<pid>/stat` is a name that may itself contain spaces and parentheses.
    private static func origin(of pid: pid_t) -> (parent: pid_t, group: pid_t, start: String)? {
        guard let line = SystemFile.bytes("/proc/\(pid)/stat"), let end = line.lastIndex(of: UInt8(ascii: ")")) else {
            return nil
        }
        // State, parent, group, and so on: the start time is field 22 of the line, counted from 1.
        let fields = line[(end + 1)...].split(separator: UInt8(ascii: " "))
        guard fields.count > 19, fields[0].first != UInt8(ascii: "Z"),
            let parent = pid_t(String(decoding: fields[1], as: UTF8.self)),
            let group = pid_t(String(decoding: fields[2], as: UTF8.self))
        else { return nil }
        return (parent, group, String(decoding: fields[19], as: UTF8.self))
    }
}

extension UnsafeMutablePointer<dirent> {
    /// The name of a directory entry.
    ///
    /// An entry is only as long as its name, so the field must not be accessed as a whole: its end may lie past the end
    /// of mapped memory.
    var name: String {
        guard let offset = MemoryLayout<dirent>.offset(of: \.d_name) else { return "" }
        return String(cString: (UnsafeRawPointer(self) + offset).assumingMemoryBound(to: CChar.self))
    }
}
