import BenchmarkTransport

extension DaytonaClient {
    /// How long one look at a sandbox may take.
    private static let longestLook = Duration.seconds(30)

    /// Looks at a sandbox, less and less often, until it is in the wanted state.
    ///
    /// A look that fails in a way that may pass shows nothing; if it is the last one, its failure is reported.
    ///
    /// - Parameters:
    ///   - info: what is already known of the sandbox; `nil` to look at once.
    ///   - timeout: the time limit that the deadline was computed from, for the error.
    func waitForState(
        _ wanted: SandboxState,
        of idOrName: String,
        from info: SandboxInfo?,
        _ deadline: LoopInstant,
        _ timeout: Duration
    ) async throws -> SandboxInfo {
        var (info, failure) = (info, SandboxError?.none)
        var pause = configuration.pollInterval
        while true {
            if let info, failure == nil {
                if info.state == wanted { return info }
                if wanted == .stopped, info.state == .destroyed { return info }
                if info.state.rulesOut(wanted) { throw dead(info) }
            }
            var left = Duration.nanoseconds(deadline - EventLoop.monotonicNow())
            guard left > .zero else { throw late(info, failure, idOrName, wanted, timeout) }
            if info != nil || failure != nil {
                // Tasks that wait together should not ask together.
                let next = pause * Double.random(in: 0.8...1.2)
                let asked = min(failure?.retryAfter ?? .zero, RetrySchedule.longestPause)
                try await EventLoopGroup.shared.next().sleep(for: min(max(next, asked), left))
                if max(next, asked) >= left { throw late(info, failure, idOrName, wanted, timeout) }
                pause = min(.seconds(1), pause * 1.3)
                left = .nanoseconds(max(1, deadline - EventLoop.monotonicNow()))
            }
            do {
                info = try await describe(idOrName, timeout: min(left, Self.longestLook))
                failure = nil
            } catch let error as SandboxError {
                if error.code == .notFound, wanted == .stopped || wanted == .destroyed {
                    return try SandboxInfo.destroyed(idOrName, last: info)
                }
                guard error.code.mayPass else { throw error }
                // A failure at the deadline says nothing about the server.
                if EventLoop.monotonicNow() < deadline { failure = error }
            }
        }
    }

    private func dead(_ info: SandboxInfo) -> SandboxError {
        let reason = info.errorReason ?? "no reason given"
        return SandboxError(.failed, "sandbox \(info.id) is in state \(info.state): \(reason)")
            .withoutKey(credentials.apiKey)
    }

    private func late(
        _ info: SandboxInfo?,
        _ failure: SandboxError?,
        _ idOrName: String,
        _ wanted: SandboxState,
        _ timeout: Duration
    ) -> SandboxError {
        let state = info.map { "; it is \($0.state)" } ?? ""
        let reason = failure.map { "; the last look at it failed: \($0.message)" } ?? ""
        return SandboxError(
            .timedOut,
            "sandbox \(info?.id ?? idOrName) was not \(wanted) within \(timeout)\(state)\(reason)"
        )
        .withoutKey(credentials.apiKey)
    }
}
