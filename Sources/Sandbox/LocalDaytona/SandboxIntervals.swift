import BenchmarkTransport

/// The intervals of a sandbox: it is stopped after a time without requests, and archived or deleted after having been
/// stopped for a time.
struct SandboxIntervals: Sendable {
    /// The length of a minute; shorter in tests.
    let minute: Duration

    /// An action that is due for a sandbox.
    enum Due: Sendable, Equatable {
        case stop, archive, delete
    }

    /// The longest that a stopped sandbox may stay unarchived, in minutes: 30 days.
    static let maxArchiveMinutes = 43_200

    /// The time between two checks of the sandboxes.
    var pause: Duration { minute / 4 }

    /// Returns the action that is due for a started sandbox, if any.
    ///
    /// - Parameter idle: the nanoseconds without a request; `nil` while one is open.
    func due(_ record: SandboxRecord, idle: Int64?) -> Due? {
        guard let idle, record.autoStopMinutes > 0 else { return nil }
        return minutes(idle) >= record.autoStopMinutes ? .stop : nil
    }

    /// Returns the action that is due for a stopped or archived sandbox, if any.
    ///
    /// - Parameter stopped: the nanoseconds since it was stopped.
    func due(_ record: SandboxRecord, stopped: Int64) -> Due? {
        if record.autoDeleteMinutes > 0, minutes(stopped) >= record.autoDeleteMinutes { return .delete }
        // 0 means the maximum, and longer intervals are reduced to it.
        let archive = record.autoArchiveMinutes > 0 ? record.autoArchiveMinutes : Self.maxArchiveMinutes
        let isDue = record.state == .stopped && minutes(stopped) >= min(archive, Self.maxArchiveMinutes)
        return isDue ? .archive : nil
    }

    private func minutes(_ nanoseconds: Int64) -> Int { Int(nanoseconds / max(1, minute.nanoseconds)) }
}
