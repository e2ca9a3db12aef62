import BenchmarkTransport

/// Decides which requests and streams a ``FaultPlan`` strikes, and counts the strikes.
final class FaultInjector: Sendable {
    private struct State: Sendable {
        var plan: FaultPlan
        /// The number of plans before this one.
        let generation: Int
        var strikes: [Int]
        var chance: SplitMix

        init(_ plan: FaultPlan, generation: Int = 0) {
            (self.plan, self.generation) = (plan, generation)
            strikes = plan.faults.map { _ in 0 }
            chance = SplitMix(state: plan.seed)
        }
    }

    /// A fault that is to strike something later, if the occasion arises.
    struct Pending: Sendable {
        let fault: Fault
        fileprivate let index: Int
        fileprivate let generation: Int
    }

    private let state: Locked<State>

    init(_ plan: FaultPlan) { state = Locked(State(plan)) }

    /// Replaces the current plan, and resets the counts.
    func replace(by plan: FaultPlan) { state.withLock { $0 = State(plan, generation: $0.generation + 1) } }

    /// The current plan, and how often each of its faults has struck.
    var record: (plan: FaultPlan, strikes: [Int]) { state.withLock { ($0.plan, $0.strikes) } }

    /// Returns the first fault of a kind that strikes a request, if any, and counts it.
    func strike(_ kind: Fault.Kind, method: String, route: String) -> Fault? {
        guard let pending = choose(kind, method: method, route: route), strike(pending) else { return nil }
        return pending.fault
    }

    /// Returns the first fault of a kind that is to strike what a request has started, if any.
    ///
    /// It counts once it strikes.
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

    /// Counts a fault that strikes now.
    ///
    /// - Returns: `false` if it no longer may, because it is used up or the plan was replaced.
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

/// The SplitMix generator of Steele, Lea and Flood (OOPSLA 2014): small, and the same everywhere.
private struct SplitMix: Sendable {
    var state: UInt64

    /// Returns the next number from 0 up to but not including 1.
    mutating func next() -> Double {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        mixed ^= mixed >> 31
        return Double(mixed >> 11) / Double(1 << 53)
    }
}
