/// When the follower of a command does what; only tests have reason to change it.
struct CommandTimes: Sendable, Hashable {
    /// How long the handshake of a stream may take.
    var handshakeLimit = Duration.seconds(20)
    /// How often a stream is pinged, and how long it may be silent after a Ping: proxies cut silent connections after
    /// about a minute.
    var pingInterval = Duration.seconds(20)
    var pongTimeout = Duration.seconds(10)
    /// How long a stream has to be silent before its command is asked whether it has ended, at first and at last.
    var shortestPoll = Duration.milliseconds(50)
    var longestPoll = Duration.seconds(3)
    /// After which silence a stream that may have stalled is followed again, at first and at last.
    var shortestStall = Duration.seconds(60)
    var longestStall = Duration.seconds(960)
    /// How long after the exit code a daemon may still be writing the last output, where it does that.
    var lateOutputPause = Duration.seconds(1)
}
