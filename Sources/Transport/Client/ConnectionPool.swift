/// The idle connections of a client, per origin, last used first.
final class ConnectionPool: Sendable {
    private struct Idle: Sendable {
        let connection: HTTPClientConnection
        let since: LoopInstant
    }
    private let idle = Locked<[HTTPURL.Origin: [Idle]]>([:])
    private let isShutDown = Locked(false)
    private let configuration: HTTPClientConfiguration

    init(_ configuration: HTTPClientConfiguration) { self.configuration = configuration }

    /// An idle connection to the origin that has not been idle for too long.
    func take(_ origin: HTTPURL.Origin) -> HTTPClientConnection? {
        let oldest = EventLoop.monotonicNow() - configuration.idleTimeout.nanoseconds
        let (taken, expired) = idle.withLock { idle -> (Idle?, [Idle]) in
            var connections = idle[origin] ?? []
            let expired = connections.prefix { $0.since < oldest }
            connections.removeFirst(expired.count)
            let taken = connections.popLast()
            idle[origin] = connections.isEmpty ? nil : connections
            return (taken, Array(expired))
        }
        for entry in expired { entry.connection.cancel() }
        return taken?.connection
    }

    /// Keeps a connection whose exchange is over.
    func put(_ connection: HTTPClientConnection) {
        let entry = Idle(connection: connection, since: EventLoop.monotonicNow())
        let dropped: Idle? =
            isShutDown.withLock { $0 }
            ? entry
            : idle.withLock { idle in
                idle[connection.url.origin, default: []].append(entry)
                guard let kept = idle[connection.url.origin], kept.count > configuration.maxIdleConnections else {
                    return nil
                }
                return idle[connection.url.origin]?.removeFirst()
            }
        dropped?.connection.cancel()
        armExpiry(connection.loop)
    }

    private func armExpiry(_ loop: EventLoop) {
        loop.execute {
            _ = loop.schedule(after: self.configuration.idleTimeout + .seconds(1)) { [weak self] in self?.expire() }
        }
    }

    /// Closes what has been idle for too long.
    private func expire() {
        let oldest = EventLoop.monotonicNow() - configuration.idleTimeout.nanoseconds
        let expired = idle.withLock { idle -> [Idle] in
            let expired = idle.values.flatMap { $0.filter { $0.since < oldest } }
            idle = idle.mapValues { $0.filter { $0.since >= oldest } }.filter { !$0.value.isEmpty }
            return expired
        }
        for entry in expired { entry.connection.cancel() }
    }

    /// Closes all, and whatever is put in later.
    func shutDown() {
        isShutDown.withLock { $0 = true }
        let all = idle.withLock { idle -> [Idle] in
            defer { idle = [:] }
            return idle.values.flatMap { $0 }
        }
        for entry in all { entry.connection.cancel() }
    }

    deinit { shutDown() }
}
