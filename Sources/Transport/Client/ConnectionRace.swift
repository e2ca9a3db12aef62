internal import CLinux
import Glibc

/// Connects to whichever of several addresses answers first (RFC 8305 §5).
///
/// The attempts are started in order, each once the previous one has failed or a delay has passed, and run
/// concurrently; the first to succeed ends all the others. Confined to the loop's thread, except for
/// ``connect(to:on:delay:)``.
package final class ConnectionRace: @unchecked Sendable {
    private let loop: EventLoop
    private let delay: Duration
    private var waiting: ArraySlice<SocketAddress>
    private var attempts: [ObjectIdentifier: ConnectionAttempt] = [:]
    private var timer: LoopTimer?
    private var failure: any Error
    private let outcome = Locked<Result<DescriptorStream, any Error>?>(nil)
    private let ended = OneShotEvent()

    private init(_ addresses: [SocketAddress], on loop: EventLoop, delay: Duration) {
        (waiting, self.loop, self.delay) = (addresses[...], loop, delay)
        failure = SystemError(errorNumber: EADDRNOTAVAIL, operation: "connect")
    }

    /// Connects, trying the addresses in order; the returned socket is registered with the loop and owned by the
    /// caller.
    ///
    /// Cancelling closes every attempt.
    /// - Throws: the ``SystemError`` of the attempt that failed last; `CancellationError`.
    package static func connect(
        to addresses: [SocketAddress],
        on loop: EventLoop,
        delay: Duration = .milliseconds(250)
    ) async throws -> DescriptorStream {
        let race = ConnectionRace(addresses, on: loop, delay: delay)
        loop.execute { race.startNext() }
        await withTaskCancellationHandler {
            await race.ended.wait()
        } onCancel: {
            loop.execute { race.finish(.failure(CancellationError())) }
        }
        guard let outcome = race.outcome.withLock({ $0 }) else { throw CancellationError() }
        let socket = try outcome.get()
        if Task.isCancelled {
            loop.execute { socket.close() }
            throw CancellationError()
        }
        return socket
    }

    private func startNext() {
        if ended.hasFired { return }
        timer?.cancel()
        guard let address = waiting.popFirst() else {
            if attempts.isEmpty { finish(.failure(failure)) }
            return
        }
        let attempt = ConnectionAttempt(address, on: loop)
        attempts[ObjectIdentifier(attempt)] = attempt
        if !waiting.isEmpty {
            timer = loop.schedule(after: delay) { [weak self] in self?.startNext() }
        }
        attempt.start { [weak self] attempt, result in self?.attemptEnded(attempt, result) }
    }

    private func attemptEnded(_ attempt: ConnectionAttempt, _ result: Result<DescriptorStream, SystemError>) {
        attempts[ObjectIdentifier(attempt)] = nil
        switch result {
        case .success(let socket): finish(.success(socket))
        case .failure(let error):
            failure = error
            startNext()
        }
    }

    private func finish(_ result: Result<DescriptorStream, any Error>) {
        if ended.hasFired { return }
        outcome.withLock { $0 = result }
        timer?.cancel()
        waiting = []
        for attempt in attempts.values { attempt.cancel() }
        attempts = [:]
        ended.fire()
    }
}

/// One connection attempt in progress.
///
/// Confined to the loop's thread.
private final class ConnectionAttempt: ReadinessHandler {
    typealias Completion = (ConnectionAttempt, Result<DescriptorStream, SystemError>) -> Void
    private let address: SocketAddress
    private let loop: EventLoop
    private var socket: DescriptorStream?
    private var retry: LoopTimer?
    private var completion: Completion?

    init(_ address: SocketAddress, on loop: EventLoop) { (self.address, self.loop) = (address, loop) }

    func start(_ completion: @escaping Completion) {
        self.completion = completion
        do throws(SystemError) {
            let socket = DescriptorStream(try Socket.startConnecting(to: address), on: loop, isSocket: true)
            self.socket = socket
            socket.owner = self
            try socket.register()
        } catch {
            if address.isPath && error.errorNumber == EAGAIN {
                // The backlog of the Unix socket is full, and no event announces when it has room again.
                retry = loop.schedule(after: .milliseconds(10)) { [weak self] in self?.start(completion) }
                return
            }
            finish(error)
        }
    }

    func signal(_ readiness: Readiness) {
        guard let socket, !readiness.isDisjoint(with: [.writable, .hangup]) else { return }
        finish(Socket.connectFailure(socket.descriptor, to: address))
    }

    func cancel() {
        completion = nil
        retry?.cancel()
        socket?.close()
    }

    private func finish(_ failure: SystemError?) {
        guard let completion else { return }
        self.completion = nil
        guard let socket, failure == nil else {
            socket?.close()
            return completion(self, .failure(failure ?? SystemError(errorNumber: EBADF, operation: "connect")))
        }
        socket.owner = nil
        completion(self, .success(socket))
    }
}
