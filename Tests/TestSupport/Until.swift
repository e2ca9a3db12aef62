import BenchmarkTransport

/// Polls a condition for which there is no event, and returns once it holds or the test's time limit has passed.
public func until(_ condition: @Sendable () -> Bool) async {
    let loop = EventLoopGroup.shared.next()
    while !condition(), !Task.isCancelled { try? await loop.sleep(for: .milliseconds(1)) }
}
