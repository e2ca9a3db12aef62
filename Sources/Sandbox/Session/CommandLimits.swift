/// How a command's output is held for a slow reader, and when a silent command is given up.
public struct CommandLimits: Sendable, Hashable {
    /// The bytes of output that are held in memory; what is beyond goes into a file.
    public var maxHeldBytes = 256 * 1024
    /// The bytes of output that the file holds at most; 0 for no file.
    ///
    /// Beyond, the log is left alone until the reader has caught up, and then read on from where it was left.
    public var maxSpoolBytes = 1 << 30
    /// The folder of the file, which never has a name there for longer than its opening takes; nil for `TMPDIR`, or
    /// `/tmp`.
    public var spoolFolder: String?
    /// How long a command may show no sign of having begun, before it is begun again in another session; after the
    /// fifth time, or where the first session may still be there, this is an error.
    ///
    /// Its first sign is a line that goes before the command's own and is not delivered.
    public var startLimit = Duration.seconds(30)
    /// How long a command may show neither output nor exit code while its process cannot be seen to run, before that is
    /// an error.
    ///
    /// A process that runs may be silent for as long as it likes.
    public var silenceLimit = Duration.seconds(300)
    /// How long the exit code of such a command may take once its process has been seen to be gone.
    public var exitCodeLimit = Duration.seconds(10)

    /// The defaults.
    public init() {}
}
