import BenchmarkTransport
import Glibc

/// The processes of the machine as the kernel showed them at one moment, and who descends from whom.
struct ProcessTree: Sendable {
    private var children = [pid_t: [pid_t]]()
    /// When each process started, in ticks since the machine did: tells a process from a later one of the same number.
    private var starts = [pid_t: String]()

    /// Reads `/proc`.
    ///
    /// Processes that end meanwhile are left out.
    init() {
        guard let directory = opendir("/proc") else { return }
        defer { closedir(directory) }
        while let entry = readdir(directory) {
            guard let pid = pid_t(entry.name), let (parent, start) = Self.origin(of: pid) else { continue }
            starts[pid] = start
            children[parent, default: []].append(pid)
        }
    }

    private init(nothing: Void) {}

    /// Reads `/proc` on a thread that may block, since that takes the longer the more processes there are.
    nonisolated(nonsending) static func current() async -> ProcessTree {
        // Nothing in there throws.
        (try? await ServiceExecutor.system.run { ProcessTree() }) ?? ProcessTree(nothing: ())
    }

    /// The processes that have a mark, and everything below them; looked for as in ``current()``.
    nonisolated(nonsending) static func processes(marked mark: ProcessMark) async -> [pid_t] {
        (try? await ServiceExecutor.system.run { ProcessTree().processes(marked: mark) }) ?? []
    }

    /// The children of a process.
    func children(of pid: pid_t) -> [pid_t] { children[pid] ?? [] }

    /// Everything below a process, parents before their children.
    func descendants(of pid: pid_t) -> [pid_t] {
        var found = [pid_t]()
        var next = children(of: pid)
        while !next.isEmpty {
            found += next
            next = next.flatMap(children(of:))
        }
        return found
    }

    /// A process with what tells it from a later one of the same number; nil if it is not there.
    func identity(of pid: pid_t) -> Identity? { starts[pid].map { Identity(pid: pid, start: $0) } }

    /// Whether that very process is there.
    func contains(_ identity: Identity) -> Bool { starts[identity.pid] == identity.start }

    /// A process, not merely its number.
    struct Identity: Sendable, Hashable {
        let pid: pid_t
        fileprivate let start: String
    }

    private func processes(marked mark: ProcessMark) -> [pid_t] {
        let marked = starts.keys.filter(mark.isOn)
        return Array(Set(marked + marked.flatMap(descendants(of:))))
    }

    /// Parent and start of a process from `/proc/<pid>/stat`, whose second field is a name that may itself contain
    /// blanks and parentheses; nil for a zombie, which has nothing left to kill.
    private static func origin(of pid: pid_t) -> (parent: pid_t, start: String)? {
        guard let line = SystemFile.bytes("/proc/\(pid)/stat"), let end = line.lastIndex(of: UInt8(ascii: ")")) else {
            return nil
        }
        // State, parent, and so on: the start is field 22 of the line, counted from 1.
        let fields = line[(end + 1)...].split(separator: UInt8(ascii: " "))
        guard fields.count > 19, fields[0].first != UInt8(ascii: "Z"),
            let parent = pid_t(String(decoding: fields[1], as: UTF8.self))
        else { return nil }
        return (parent, String(decoding: fields[19], as: UTF8.self))
    }
}

extension UnsafeMutablePointer<dirent> {
    /// The name of a directory's entry.
    ///
    /// An entry is only as long as its name: the field must not be touched as a whole, its end may lie behind the end of
    /// mapped memory.
    var name: String {
        guard let offset = MemoryLayout<dirent>.offset(of: \.d_name) else { return "" }
        return String(cString: (UnsafeRawPointer(self) + offset).assumingMemoryBound(to: CChar.self))
    }
}
