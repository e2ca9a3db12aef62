import Synchronization

/// The place that a connection takes up below the ceiling of its route.
///
/// It is free again when it is released, at the latest when nobody holds it any more: no error's path can lose one.
final class ConnectionSlot: Sendable {
    private let isReleased = Atomic<Bool>(false)
    private let whenReleased: @Sendable () -> Void

    init(_ whenReleased: @escaping @Sendable () -> Void) { self.whenReleased = whenReleased }

    deinit { release() }

    /// Frees the place; once is enough, more is harmless.
    func release() {
        if !isReleased.exchange(true, ordering: .acquiringAndReleasing) { whenReleased() }
    }
}

/// One request that waits for a connection.
final class PoolWaiter: Sendable {
    let granted = OneShotEvent()
    fileprivate let ticket: Int
    private let grant = Locked<ConnectionPool.Grant?>(nil)

    fileprivate init(ticket: Int) { self.ticket = ticket }

    /// What it waits for; the event is fired by the caller, outside of locks.
    func give(_ grant: ConnectionPool.Grant) { self.grant.withLock { $0 = grant } }

    /// What it was given, once.
    func take() -> ConnectionPool.Grant? {
        grant.withLock { grant in
            defer { grant = nil }
            return grant
        }
    }
}

/// Those who wait, first come first served; leaving takes the same time from anywhere.
struct WaiterQueue: Sendable {
    private var waiters: [Int: PoolWaiter] = [:]
    private var first = 0
    private var next = 0

    var count: Int { waiters.count }
    var isEmpty: Bool { waiters.isEmpty }

    mutating func append() -> PoolWaiter {
        let waiter = PoolWaiter(ticket: next)
        waiters[next] = waiter
        next += 1
        return waiter
    }

    mutating func popFirst() -> PoolWaiter? {
        while first < next {
            defer { first += 1 }
            if let waiter = waiters.removeValue(forKey: first) { return waiter }
        }
        return nil
    }

    mutating func remove(_ waiter: PoolWaiter) { waiters[waiter.ticket] = nil }
}
