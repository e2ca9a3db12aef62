import Foundation

/// A piece of work that is measured.
struct Scenario {
    let name: String
    /// The unit of work.
    let unit: String
    /// Does the work and returns how many units it was.
    let run: () async throws -> Int
}

/// The measurements of a scenario in one round.
struct Sample {
    let processorMicrosecondsPerUnit: Double
    let unitsPerSecond: Double
}

extension Scenario {
    func sample() async throws -> Sample {
        let (processor, start) = (Self.processorTime(), ContinuousClock.now)
        let units = Double(try await run())
        let elapsed = start.duration(to: .now)
        let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
        return Sample(
            processorMicrosecondsPerUnit: (Self.processorTime() - processor) * 1e6 / units,
            unitsPerSecond: units / seconds
        )
    }

    /// Seconds of processor time that this process has used so far.
    private static func processorTime() -> Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return [usage.ru_utime, usage.ru_stime].reduce(0) { $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6 }
    }
}
