/// How the process of a command is looked for in its sandbox.
///
/// Its ID is known from the log. Without that, the session's shell is looked for: while it runs the command, its
/// standard streams are named pipes in the folder that the daemon has made for the command and named after its id.
struct CommandProcess: Sendable {
    private let commandID: String
    /// The process ID; `nil` if the log has not reported it.
    var id: Int?
    /// When the process started, in the kernel's count; `nil` until it is first seen.
    private var startTime: String?

    init(commandID: String) { self.commandID = commandID }

    /// The shell text that looks for it.
    var look: String {
        if let id { return #"read -r line </proc/\#(id)/stat && printf '%s\n' "$line""# }
        // The daemon's own processes of the command have its log open.
        let folder = CommandText.quoted("/\(commandID)/")
        return "ls -l /proc/[0-9]*/fd/[12] 2>/dev/null | grep -F -e \(folder) | grep -v '/output[.]log$'"
    }

    /// Reads what the shell text has found.
    ///
    /// - Returns: whether the process is running; `nil` if that cannot be told.
    mutating func isRunning(_ found: CommandResult) -> Bool? {
        // -1 and 127: the shell could not be started, or did not find its programs.
        if [-1, 127].contains(found.exitCode) { return nil }
        if found.exitCode != 0 { return false }
        if id == nil { return !found.output.isEmpty }
        // After the name, which may contain anything: the state, and 19 fields later the start time (proc(5), stat).
        guard let nameEnd = found.output.lastIndex(of: ")") else { return nil }
        let fields = found.output[nameEnd...].split(separator: " ").dropFirst()
        guard let state = fields.first, let time = fields.dropFirst(19).first else { return nil }
        if state == "Z" || state == "X" { return false }
        if startTime == nil { startTime = String(time) }
        // A process that started at another time has got the number of one that is gone.
        return startTime == String(time)
    }
}
