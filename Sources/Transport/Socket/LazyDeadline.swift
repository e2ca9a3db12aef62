/// A deadline that moves often and rarely passes.
///
/// Setting it stores a number. At most one timer is armed, and it checks the deadline again when it fires: a connection
/// with a new deadline for each request adds one heap entry per period, not per request. Confined to the loop's thread.
struct LazyDeadline: ~Copyable {
    private var deadline = LoopInstant.max
    private var timer: LoopTimer?

    /// Whether there is a deadline.
    var isSet: Bool { deadline != .max }

    /// Moves the deadline to `duration` from now; `nil` removes it.
    ///
    /// `check` is called when the timer fires, and must call ``hasPassed(on:_:)``. It must capture its object weakly,
    /// or be cleared before that object is released.
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

    /// Returns true, once, if the deadline has passed, and arms the timer again if it is still to come.
    ///
    /// Must be called when the timer fires.
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
