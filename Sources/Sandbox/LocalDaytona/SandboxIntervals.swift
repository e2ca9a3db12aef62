import BenchmarkTransport

/// What the intervals of a sandbox ask for: to be stopped after a time without requests, and archived or deleted after a
/// time as a stopped one.
struct SandboxIntervals: Sendable {
    /// How long a minute is; tests have shorter ones.
    let minute: Duration

    /// What is to be done with a sandbox.
    enum Due: Sendable, Equatable {
        case stop, archive, delete
    }

    /// The longest that a stopped sandbox may stay unarchived, in minutes: 30 days.
    static let maxArchiveMinutes = 43_200

    /// How often sandboxes are looked at.
    var pause: Duration { minute / 4 }

    /// What is due for a sandbox that is started.
    ///
    /// - Parameter idle: the nanoseconds without a request; nil while one is open.
    func due(_ record: SandboxRecord, idle: Int64?) -> Due? {
        guard let idle, record.autoStopMinutes > 0 else { return nil }
        return minutes(idle) >= record.autoStopMinutes ? .stop : nil
    }

    /// What is due for a sandbox that is stopped or archived.
    ///
    /// - Parameter stopped: the nanoseconds since it was stopped.
    func due(_ record: SandboxRecord, stopped: Int64) -> Due? {
        if record.autoDeleteMinutes > 0, minutes(stopped) >= record.autoDeleteMinutes { return .delete }
        // 0 means the longest there is, and nobody gets more.
        let archive = record.autoArchiveMinutes > 0 ? record.autoArchiveMinutes : Self.maxArchiveMinutes
        let isDue = record.state == .stopped && minutes(stopped) >= min(archive, Self.maxArchiveMinutes)
        return isDue ? .archive : nil
    }

    private func minutes(_ nanoseconds: Int64) -> Int { Int(nanoseconds / max(1, minute.nanoseconds)) }
}
