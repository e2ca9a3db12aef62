internal import CLinux
import Glibc

/// A listening socket on a loop.
///
/// Each accepted connection is handed to the given closure.
///
/// Confined to the loop's thread.
final class Listener: ReadinessHandler, EndOfTickHandler, @unchecked Sendable {
    let address: SocketAddress
    private let loop: EventLoop
    private var descriptor: Int32
    private var key: Poller.Key?
    private let accepted: (Int32, SocketAddress) -> Void
    private let mayAccept: () -> Bool
    private var retry: LoopTimer?
    private var continuesNextTick = false
    private let file: SocketFile?

    /// Binds and listens.
    ///
    /// - Parameters:
    ///   - mayAccept: called before each accept; while it returns false, connections wait in the kernel until
    ///     ``resume()``.
    ///   - accepted: takes ownership of the descriptor.
    init(
        on address: SocketAddress,
        backlog: Int32,
        loop: EventLoop,
        mayAccept: @escaping () -> Bool,
        accepted: @escaping (Int32, SocketAddress) -> Void
    ) throws(SystemError) {
        descriptor = try Socket.listen(on: address, backlog: backlog)
        self.address = Socket.localAddress(descriptor) ?? address
        file = address.isPath ? SocketFile(at: address) : nil
        (self.loop, self.mayAccept, self.accepted) = (loop, mayAccept, accepted)
    }

    /// Starts to accept.
    ///
    /// Must be called on the loop's thread.
    func start() throws(SystemError) { key = try loop.add(descriptor, self) }

    func signal(_ readiness: Readiness) { resume() }

    /// The maximum number of connections accepted in one tick, so that a burst of them does not hold up the open ones.
    static let acceptsPerTick = 64

    /// Accepts pending connections, as far as allowed.
    func resume() {
        if descriptor < 0 || continuesNextTick { return }
        do {
            for _ in 0..<Self.acceptsPerTick {
                guard mayAccept(), let (connection, peer) = try Socket.accept(descriptor) else { return }
                accepted(connection, peer)
            }
            continuesNextTick = true
            loop.callAtEndOfTick(self)
        } catch {
            // Out of descriptors or memory: open connections go on, and accepting is retried shortly.
            if retry?.isPending == true { return }
            retry = loop.schedule(after: .milliseconds(100)) { [weak self] in self?.resume() }
        }
    }

    func endOfTick() {
        continuesNextTick = false
        resume()
    }

    /// Stops accepting; pending connections are refused by the system, and a Unix socket's file is removed.
    func close() {
        if descriptor < 0 { return }
        if let key { loop.remove(descriptor, key) }
        _ = Glibc.close(descriptor)
        descriptor = -1
        file?.remove()
        retry?.cancel()
    }
}
