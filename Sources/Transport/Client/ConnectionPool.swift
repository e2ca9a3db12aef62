/// A client's connections per route: keeps idle ones, reusing the last used first, and limits how many are open.
final class ConnectionPool: Sendable {
    /// What a request is granted to be sent on.
    enum Grant: Sendable {
        /// A connection that has served another request.
        case idle(HTTPClientConnection)
        /// The right to open a connection.
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
        /// The number of slots in use.
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

    /// - Parameter loop: the loop for the timer that closes connections which have been idle for too long.
    init(_ configuration: HTTPClientConfiguration, on loop: EventLoop) {
        (self.configuration, self.loop) = (configuration, loop)
    }

    deinit { shutDown() }

    // MARK: Taking

    private enum Outcome: Sendable { case granted(Grant), mustWait(PoolWaiter) }

    /// Returns an idle connection or a slot, or whichever becomes free first; waiting requests are served in order.
    ///
    /// - Parameters:
    ///   - mayReuse: whether an idle connection is acceptable.
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
            return (.mustWait(share.waiters.append(mayReuse: mayReuse)), closed)
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
            // A grant may have arrived at the same time; it then passes to another request.
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

    /// Takes back a connection whose exchange is over; must be called on its loop, so that it is still idle.
    func put(_ connection: HTTPClientConnection) {
        let entry = Idle(connection: connection, since: EventLoop.monotonicNow())
        let route = connection.route
        let (waiter, closed) = state.withLock { state -> (PoolWaiter?, Idle?) in
            if state.isShutDown { return (nil, entry) }
            var share = state.shares[route] ?? Share()
            defer { state.shares[route] = share }
            if let waiter = share.waiters.first() {
                // A request that takes no used connection gets the place that this one leaves when it is closed.
                if !waiter.mayReuse { return (nil, entry) }
                share.waiters.remove(waiter)
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

    /// Removes an idle connection that has ended on its own.
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

    /// Arms the pool's single timer if any connection is idle.
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

    /// Closes the connections that have been idle for too long.
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

    /// Closes all idle connections, and any that are put back later.
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

    /// The numbers of open connections, idle connections and waiting requests.
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
