import BenchmarkTransport

/// Returns when a condition holds for which there is no event; the test's time limit ends the wait.
public func until(_ condition: @Sendable () -> Bool) async {
    let loop = EventLoopGroup.shared.next()
    while !condition(), !Task.isCancelled { try? await loop.sleep(for: .milliseconds(1)) }
}
