import BenchmarkTransport

extension DaytonaClient {
    /// How often in a row the control plane may be unreachable while a state is waited for.
    private static let maxFailuresInARow = 10

    /// Looks at a sandbox, ever less often, until it is in a state.
    ///
    /// - Parameters:
    ///   - info: what is known of it; nil to look at once.
    ///   - timeout: what the deadline was made from, for the error.
    func waitForState(
        _ wanted: SandboxState,
        of idOrName: String,
        from info: SandboxInfo?,
        _ deadline: LoopInstant,
        _ timeout: Duration
    ) async throws -> SandboxInfo {
        var (info, failures) = (info, 0)
        var pause = configuration.pollInterval
        while true {
            if let info {
                if info.state == wanted { return info }
                if wanted == .stopped, info.state == .destroyed { return info }
                if info.state.rulesOut(wanted) { throw Self.dead(info) }
            }
            var left = Duration.nanoseconds(deadline - EventLoop.monotonicNow())
            guard left > .zero else { throw Self.late(info, idOrName, wanted, timeout) }
            if info != nil || failures > 0 {
                // Those who wait side by side should not ask side by side.
                let next = min(pause * Double.random(in: 0.8...1.2), left)
                try await EventLoopGroup.shared.next().sleep(for: next)
                pause = min(.seconds(1), pause * 1.3)
                left = .nanoseconds(max(1, deadline - EventLoop.monotonicNow()))
            }
            do {
                info = try await describe(idOrName, timeout: left)
                failures = 0
            } catch let error as SandboxError {
                switch error.code {
                case .notFound where wanted == .stopped || wanted == .destroyed:
                    return try SandboxInfo.destroyed(idOrName, last: info)
                case .timedOut where deadline <= EventLoop.monotonicNow():
                    throw Self.late(info, idOrName, wanted, timeout)
                case .unavailable where failures < Self.maxFailuresInARow: failures += 1
                default: throw error
                }
            }
        }
    }

    private static func dead(_ info: SandboxInfo) -> SandboxError {
        SandboxError(.failed, "sandbox \(info.id) is in state \(info.state): \(info.errorReason ?? "no reason given")")
    }

    private static func late(
        _ info: SandboxInfo?,
        _ idOrName: String,
        _ wanted: SandboxState,
        _ timeout: Duration
    ) -> SandboxError {
        let state = info.map { "; it is \($0.state)" } ?? ""
        return SandboxError(.timedOut, "sandbox \(info?.id ?? idOrName) was not \(wanted) within \(timeout)\(state)")
    }
}
