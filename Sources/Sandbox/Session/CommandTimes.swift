/// The timing of a command's follower; only tests have reason to change it.
struct CommandTimes: Sendable, Hashable {
    /// How long the handshake of a stream may take.
    var handshakeLimit = Duration.seconds(20)
    /// How often a stream is pinged, and how long it may be silent after a Ping: proxies cut silent connections after
    /// about a minute.
    var pingInterval = Duration.seconds(20)
    var pongTimeout = Duration.seconds(10)
    /// How long a stream is silent before the server is asked whether its command has ended, initially and at most.
    var shortestPoll = Duration.milliseconds(50)
    var longestPoll = Duration.seconds(3)
    /// How long a stream is silent before it counts as stalled and is opened again, initially and at most.
    var shortestStall = Duration.seconds(60)
    var longestStall = Duration.seconds(960)
    /// How long a key must be refused before that is believed: proxies remember for 5 seconds that a key is wrong,
    /// whether it is or not, but they answer the same for a sandbox that no longer exists.
    var refusalPatience = Duration.seconds(10)
    /// How long after the exit code a daemon may still be writing the last output, if it is one that does so.
    var lateOutputPause = Duration.seconds(1)
}
