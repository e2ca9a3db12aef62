/// How a command's output is held for a slow reader, and when a silent command is given up.
public struct CommandLimits: Sendable, Hashable {
    /// The number of bytes of output held in memory; any beyond that go into a file.
    public var maxHeldBytes = 256 * 1024
    /// The maximum number of bytes of output held in the file; 0 for no file.
    ///
    /// Beyond that, the log is left alone until the reader has caught up, and is then read on from where it was left.
    public var maxSpoolBytes = 1 << 30
    /// The folder of the file, which has a name there only while it is being opened; `nil` for `TMPDIR`, or `/tmp`.
    public var spoolFolder: String?
    /// How long a command may show no sign of having started before it is started again in another session.
    ///
    /// After the fifth start, or if the last session may still exist, this is an error instead.
    ///
    /// The first sign is a line that precedes the command's own output and is not delivered. Without it, as when the
    /// sandbox's disk is full, the command's process is looked for.
    public var startLimit = Duration.seconds(30)
    /// How long a command may show neither output nor exit code, while its process cannot be seen to run, before that
    /// is an error.
    ///
    /// A running process may be silent for any length of time.
    public var silenceLimit = Duration.seconds(300)
    /// How long the exit code of such a command may take once its process has been seen to be gone.
    public var exitCodeLimit = Duration.seconds(10)

    /// Creates the default limits.
    public init() {}
}
