import BenchmarkTransport

/// Decides which requests and streams a ``FaultPlan`` strikes, and counts.
final class FaultInjector: Sendable {
    private struct State: Sendable {
        var plan: FaultPlan
        /// How many plans there have been before.
        let generation: Int
        var strikes: [Int]
        var chance: SplitMix

        init(_ plan: FaultPlan, generation: Int = 0) {
            (self.plan, self.generation) = (plan, generation)
            strikes = plan.faults.map { _ in 0 }
            chance = SplitMix(state: plan.seed)
        }
    }

    /// A fault that is to strike something later, if it comes to that.
    struct Pending: Sendable {
        let fault: Fault
        fileprivate let index: Int
        fileprivate let generation: Int
    }

    private let state: Locked<State>

    init(_ plan: FaultPlan) { state = Locked(State(plan)) }

    /// Puts another plan in the place of the present one, and begins to count anew.
    func replace(by plan: FaultPlan) { state.withLock { $0 = State(plan, generation: $0.generation + 1) } }

    /// The present plan, and how often each of its faults has struck.
    var record: (plan: FaultPlan, strikes: [Int]) { state.withLock { ($0.plan, $0.strikes) } }

    /// The first fault of a kind that strikes a request, if any.
    func strike(_ kind: Fault.Kind, method: String, route: String) -> Fault? {
        guard let pending = choose(kind, method: method, route: route), strike(pending) else { return nil }
        return pending.fault
    }

    /// The first fault of a kind that is to strike what a request has begun, if any; it counts once it does.
    func choose(_ kind: Fault.Kind, method: String, route: String) -> Pending? {
        state.withLock { state in
            for (index, fault) in state.plan.faults.enumerated()
            where fault.kind == kind && fault.isAbout(method, route) {
                if let times = fault.times, state.strikes[index] >= times { continue }
                if fault.probability < 1, state.chance.next() >= fault.probability { continue }
                return Pending(fault: fault, index: index, generation: state.generation)
            }
            return nil
        }
    }

    /// Counts a fault that strikes now; false if it must not any more: others were quicker, or there is another plan.
    func strike(_ pending: Pending) -> Bool {
        state.withLock { state in
            guard pending.generation == state.generation, state.strikes.indices.contains(pending.index) else {
                return false
            }
            if let times = pending.fault.times, state.strikes[pending.index] >= times { return false }
            state.strikes[pending.index] += 1
            return true
        }
    }
}

/// Steele, Lea and Flood's generator (OOPSLA 2014): small, and the same everywhere.
private struct SplitMix: Sendable {
    var state: UInt64

    /// From 0 to 1, without 1.
    mutating func next() -> Double {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        mixed ^= mixed >> 31
        return Double(mixed >> 11) / Double(1 << 53)
    }
}
