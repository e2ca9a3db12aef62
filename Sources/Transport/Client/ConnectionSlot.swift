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
    fileprivate let ticket: Int
    private let grant = Locked<ConnectionPool.Grant?>(nil)

    fileprivate init(ticket: Int) { self.ticket = ticket }

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
