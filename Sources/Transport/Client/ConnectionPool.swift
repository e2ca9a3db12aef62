/// The connections of a client, per route: the idle ones, last used first, and a ceiling for all that are open.
final class ConnectionPool: Sendable {
    /// What a request goes on.
    enum Grant: Sendable {
        /// A connection that has served another request.
        case idle(HTTPClientConnection)
        /// The right to make one.
        case slot(ConnectionSlot)
    }

    private struct Idle: Sendable {
        let connection: HTTPClientConnection
        let since: LoopInstant
    }

    /// The connections of one route.
    private struct Share: Sendable {
        /// Longest idle first.
        var idle: [Idle] = []
        /// How many slots are out.
        var open = 0
        var waiters = WaiterQueue()

        var isEmpty: Bool { idle.isEmpty && open == 0 && waiters.isEmpty }
    }

    private struct State: Sendable {
        var shares: [HTTPClientRoute: Share] = [:]
        var isShutDown = false
        var timerIsArmed = false
    }

    private let state = Locked(State())
    private let configuration: HTTPClientConfiguration
    private let loop: EventLoop

    /// - Parameter loop: has the timer that closes what has been idle for too long.
    init(_ configuration: HTTPClientConfiguration, on loop: EventLoop) {
        (self.configuration, self.loop) = (configuration, loop)
    }

    deinit { shutDown() }

    // MARK: Taking

    private enum Outcome: Sendable { case granted(Grant), mustWait(PoolWaiter) }

    /// An idle connection, else a slot, else whichever becomes free first; those who wait are served in their order.
    ///
    /// - Parameters:
    ///   - mayReuse: whether an idle connection will do.
    ///   - limit: how long to wait.
    /// - Throws: ``HTTPClientError`` with code `.timedOut`; `CancellationError`.
    func acquire(_ route: HTTPClientRoute, mayReuse: Bool, within limit: Duration) async throws -> Grant {
        let oldest = EventLoop.monotonicNow() - configuration.idleTimeout.nanoseconds
        let (outcome, closed) = state.withLock { state -> (Outcome, [Idle]) in
            var share = state.shares[route] ?? Share()
            defer { state.shares[route] = share }
            var closed = Array(share.idle.prefix { $0.since < oldest })
            share.idle.removeFirst(closed.count)
            if mayReuse, let last = share.idle.popLast() { return (.granted(.idle(last.connection)), closed) }
            // Closing an idle connection makes room for a new one.
            if share.open >= ceiling, !share.idle.isEmpty { closed.append(share.idle.removeFirst()) }
            if share.open - closed.count < ceiling {
                share.open += 1
                return (.granted(.slot(slot(route))), closed)
            }
            return (.mustWait(share.waiters.append()), closed)
        }
        for entry in closed { entry.connection.cancel() }
        switch outcome {
        case .granted(let grant): return grant
        case .mustWait(let waiter): return try await wait(waiter, route, limit)
        }
    }

    private func wait(_ waiter: PoolWaiter, _ route: HTTPClientRoute, _ limit: Duration) async throws -> Grant {
        let timeout = HTTPClientError(
            .timedOut,
            "none of the \(ceiling) connections to \(route.origin.host):\(route.origin.port) became free in time"
        )
        do {
            try await loop.withDeadline(limit, timeout: timeout) { try await waiter.granted.waitUnlessCancelled() }
        } catch {
            // The grant may have come at the same time, and is then somebody else's.
            let grant = state.withLock { state in
                state.shares[route]?.waiters.remove(waiter)
                return waiter.take()
            }
            giveBack(grant)
            forgetIfEmpty(route)
            throw error
        }
        guard let grant = state.withLock({ _ in waiter.take() }) else { throw CancellationError() }
        return grant
    }

    private func giveBack(_ grant: Grant?) {
        switch grant {
        case .idle(let connection)?: connection.offer(to: self)
        case .slot(let slot)?: slot.release()
        case nil: break
        }
    }

    private var ceiling: Int { max(1, configuration.maxConnectionsPerOrigin) }

    // MARK: Giving back

    /// Takes a connection whose exchange is over; on its loop, so that it is still idle.
    func put(_ connection: HTTPClientConnection) {
        let entry = Idle(connection: connection, since: EventLoop.monotonicNow())
        let route = connection.route
        let (waiter, closed) = state.withLock { state -> (PoolWaiter?, Idle?) in
            if state.isShutDown { return (nil, entry) }
            var share = state.shares[route] ?? Share()
            defer { state.shares[route] = share }
            if let waiter = share.waiters.popFirst() {
                waiter.give(.idle(connection))
                return (waiter, nil)
            }
            share.idle.append(entry)
            return (nil, share.idle.count > configuration.maxIdleConnections ? share.idle.removeFirst() : nil)
        }
        waiter?.granted.fire()
        closed?.connection.cancel()
        armTimer()
    }

    /// Forgets an idle connection that has ended by itself.
    func remove(_ connection: HTTPClientConnection) {
        state.withLock { state in state.shares[connection.route]?.idle.removeAll { $0.connection === connection } }
    }

    private func slot(_ route: HTTPClientRoute) -> ConnectionSlot {
        ConnectionSlot { [weak self] in self?.slotIsFree(route) }
    }

    private func slotIsFree(_ route: HTTPClientRoute) {
        let waiter = state.withLock { state -> PoolWaiter? in
            guard var share = state.shares[route] else { return nil }
            defer { state.shares[route] = share.isEmpty ? nil : share }
            share.open -= 1
            guard share.open < ceiling, let waiter = share.waiters.popFirst() else { return nil }
            share.open += 1
            waiter.give(.slot(slot(route)))
            return waiter
        }
        waiter?.granted.fire()
    }

    private func forgetIfEmpty(_ route: HTTPClientRoute) {
        state.withLock { state in if state.shares[route]?.isEmpty == true { state.shares[route] = nil } }
    }

    // MARK: Expiry

    /// Sees to it that the pool's one timer is armed if there is something idle.
    private func armTimer() {
        let due = state.withLock { state -> LoopInstant? in
            if state.timerIsArmed { return nil }
            guard let oldest = state.shares.values.compactMap({ $0.idle.first?.since }).min() else { return nil }
            state.timerIsArmed = true
            return oldest + configuration.idleTimeout.nanoseconds + 1_000_000
        }
        guard let due else { return }
        loop.execute { [weak self, loop] in _ = loop.schedule(at: due) { [weak self] in self?.expire() } }
    }

    /// Closes what has been idle for too long.
    private func expire() {
        let oldest = EventLoop.monotonicNow() - configuration.idleTimeout.nanoseconds
        let expired = state.withLock { state -> [Idle] in
            state.timerIsArmed = false
            var expired: [Idle] = []
            for route in state.shares.keys {
                guard let count = state.shares[route]?.idle.prefix(while: { $0.since <= oldest }).count else {
                    continue
                }
                expired += state.shares[route]?.idle.prefix(count) ?? []
                state.shares[route]?.idle.removeFirst(count)
            }
            return expired
        }
        for entry in expired { entry.connection.cancel() }
        armTimer()
    }

    /// Closes all that are idle, and whatever is put in later.
    func shutDown() {
        let all = state.withLock { state -> [Idle] in
            state.isShutDown = true
            var all: [Idle] = []
            for route in state.shares.keys {
                all += state.shares[route]?.idle ?? []
                state.shares[route]?.idle = []
            }
            return all
        }
        for entry in all { entry.connection.cancel() }
    }

    /// How many connections are open, idle, and waited for, for tests.
    var counts: (open: Int, idle: Int, waiting: Int) {
        state.withLock { state in
            let shares = state.shares.values
            return (
                shares.reduce(0) { $0 + $1.open }, shares.reduce(0) { $0 + $1.idle.count },
                shares.reduce(0) { $0 + $1.waiters.count }
            )
        }
    }
}
