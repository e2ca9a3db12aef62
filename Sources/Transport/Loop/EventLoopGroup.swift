import Glibc

/// A group of event loops, one thread each, handed out in turn.
public final class EventLoopGroup: Sendable {
    /// The process-wide group, with one loop per core, up to four: the rest of the machine is left to service code and
    /// the sandboxes.
    public static let shared = EventLoopGroup(loopCount: min(4, max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))))

    private let loops: [EventLoop]
    private let turn = Locked(0)

    /// Starts `loopCount` loops (at least one).
    ///
    /// Their threads live as long as the process.
    public init(loopCount: Int) {
        // OpenSSL writes to sockets without MSG_NOSIGNAL.
        signal(SIGPIPE, SIG_IGN)
        loops = (0..<max(1, loopCount)).map { index in
            let loop: EventLoop
            do {
                loop = try EventLoop()
                try startThread(name: "loop-\(index)") { loop.run() }
            } catch {
                fatalError("no event loop could be made: \(error)")  // nothing of the toolkit works without
            }
            return loop
        }
    }

    /// Every loop of the group.
    package var all: [EventLoop] { loops }

    /// The number of tasks that live on the group's loops.
    package var taskCount: Int { loops.reduce(0) { $0 + $1.taskCount } }

    /// Returns the next loop in turn.
    public func next() -> EventLoop {
        let index = turn.withLock { turn in
            turn = (turn + 1) % loops.count
            return turn
        }
        return loops[index]
    }
}
