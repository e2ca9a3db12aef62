import Synchronization

/// The place that a connection takes up under the limit of its route.
///
/// It is freed when it is released, at the latest on deinitialization, so that no error path can lose one.
final class ConnectionSlot: Sendable {
    private let isReleased = Atomic<Bool>(false)
    private let whenReleased: @Sendable () -> Void

    init(_ whenReleased: @escaping @Sendable () -> Void) { self.whenReleased = whenReleased }

    deinit { release() }

    /// Frees the place; further calls have no effect.
    func release() {
        if !isReleased.exchange(true, ordering: .acquiringAndReleasing) { whenReleased() }
    }
}

/// A request that is waiting for a connection.
final class PoolWaiter: Sendable {
    let granted = OneShotEvent()
    /// Whether an idle connection is acceptable.
    let mayReuse: Bool
    fileprivate let ticket: Int
    private let grant = Locked<ConnectionPool.Grant?>(nil)

    fileprivate init(ticket: Int, mayReuse: Bool) { (self.ticket, self.mayReuse) = (ticket, mayReuse) }

    /// Stores the grant; the caller then fires ``granted``, outside any lock.
    func give(_ grant: ConnectionPool.Grant) { self.grant.withLock { $0 = grant } }

    /// Returns the grant the first time it is called.
    func take() -> ConnectionPool.Grant? {
        grant.withLock { grant in
            defer { grant = nil }
            return grant
        }
    }
}

/// The waiting requests, first come first served; removing one takes constant time wherever it is.
struct WaiterQueue: Sendable {
    private var waiters: [Int: PoolWaiter] = [:]
    private var oldest = 0
    private var next = 0

    var count: Int { waiters.count }
    var isEmpty: Bool { waiters.isEmpty }

    mutating func append(mayReuse: Bool) -> PoolWaiter {
        let waiter = PoolWaiter(ticket: next, mayReuse: mayReuse)
        waiters[next] = waiter
        next += 1
        return waiter
    }

    /// Returns the request that has waited longest, which keeps its turn.
    mutating func first() -> PoolWaiter? {
        while oldest < next {
            if let waiter = waiters[oldest] { return waiter }
            oldest += 1
        }
        return nil
    }

    mutating func popFirst() -> PoolWaiter? {
        guard let waiter = first() else { return nil }
        remove(waiter)
        return waiter
    }

    mutating func remove(_ waiter: PoolWaiter) { waiters[waiter.ticket] = nil }
}
