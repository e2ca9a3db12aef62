/// A deadline that moves often and passes seldom.
///
/// Setting it stores a number. At most one timer is armed, and it looks again when it fires: a connection that gets a
/// new deadline with each request costs the heap one entry per period, not per request. Confined to the loop's thread.
struct LazyDeadline: ~Copyable {
    private var deadline = LoopInstant.max
    private var timer: LoopTimer?

    /// Whether there is a deadline.
    var isSet: Bool { deadline != .max }

    /// Moves the deadline to `duration` from now, or away with nil.
    ///
    /// `expire` is called at most once per deadline set; it must capture its object weakly or be cleared before that
    /// object goes.
    mutating func set(_ duration: Duration?, on loop: EventLoop, _ check: @escaping () -> Void) {
        guard let duration else {
            deadline = .max
            return
        }
        deadline = loop.now &+ duration.nanoseconds
        if let timer, timer.isPending, timer.deadline <= deadline { return }
        timer?.cancel()
        timer = loop.schedule(at: deadline, check)
    }

    /// What the timer's call asks: true once when the deadline has passed, otherwise the timer is armed anew.
    mutating func hasPassed(on loop: EventLoop, _ check: @escaping () -> Void) -> Bool {
        if deadline == .max { return false }
        if deadline <= loop.now {
            deadline = .max
            return true
        }
        timer = loop.schedule(at: deadline, check)
        return false
    }

    mutating func clear() {
        deadline = .max
        timer?.cancel()
        timer = nil
    }
}
