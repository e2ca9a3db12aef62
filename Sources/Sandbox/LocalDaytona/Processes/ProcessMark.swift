import Glibc

/// A mark that distinguishes the processes of a sandbox without namespaces from all others.
///
/// It consists of a variable in their environment and a limit on file locks that no other sandbox has. No kernel since
/// Linux 2.6 enforces that limit, but every process inherits it from its parent: one that clears its environment and
/// leaves its session and its parent, as daemons do, keeps it. A process that hides on purpose can change both.
struct ProcessMark: Sendable, Hashable {
    /// The environment variable, as `NAME=value`.
    let setting: String
    /// The limit; `nil` where none can be set.
    let limit: UInt64?

    /// The name of the environment variable.
    static let settingName = "DAYTONA_SANDBOX_ID"
    /// The range of limits to choose from, which nothing else uses.
    private static let limits: Range<UInt64> = 1 << 40..<1 << 62

    /// Creates a mark for the sandbox with the given id.
    init(id: String) {
        setting = "\(Self.settingName)=\(id)"
        // A limit can be lowered, but not raised again.
        let ceiling = Self.limit(of: "self") ?? Self.limits.upperBound
        let isPossible = Spawn.find("prlimit") != nil && ceiling > Self.limits.lowerBound
        limit = isPossible ? .random(in: Self.limits.lowerBound..<min(ceiling, Self.limits.upperBound)) : nil
    }

    /// The arguments put before those of a program that is to have the limit.
    var entrance: [String] {
        guard let limit, let program = Spawn.find("prlimit") else { return [] }
        return [program, "--locks=\(limit)", "--"]
    }

    /// Returns whether a process has the mark.
    func isOn(_ pid: pid_t) -> Bool {
        if let limit, Self.limit(of: "\(pid)") == limit { return true }
        guard let environment = SystemFile.bytes("/proc/\(pid)/environ") else { return false }
        return environment.split(separator: 0).contains { $0.elementsEqual(setting.utf8) }
    }

    /// Returns the hard limit of a process; `nil` if there is none.
    private static func limit(of process: String) -> UInt64? {
        // Max file locks            unlimited            unlimited            locks
        let lines = SystemFile.read("/proc/\(process)/limits")?.split(separator: "\n") ?? []
        let words = lines.first { $0.hasPrefix("Max file locks ") }?.split(separator: " ") ?? []
        return words.count > 4 ? UInt64(words[4]) : nil
    }

    // MARK: Kept in a file

    /// The mark as text, so that another server finds the processes that this one leaves behind when it is killed.
    var text: String { "\(setting)\n\(limit.map(String.init) ?? "")" }

    /// Reads a mark from its text; `nil` if the text holds none.
    init?(_ text: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        // An empty value, or a limit that others have, would match every process.
        guard lines.count == 2, lines[0].hasPrefix("\(Self.settingName)="), !lines[0].hasSuffix("=") else { return nil }
        setting = String(lines[0])
        limit = UInt64(lines[1]).flatMap { Self.limits.contains($0) ? $0 : nil }
    }
}
