import Testing

@testable import BenchmarkSandbox

@Suite("Pauses between attempts")
struct BackOffTests {
    @Test("pauses double up to a ceiling, and start over after a reset")
    func doubling() {
        var backOff = BackOff(first: .seconds(1), longest: .seconds(5))
        let pauses = (0..<5).map { _ in backOff.pause(jitter: 0) }
        #expect(pauses == [1, 2, 4, 5, 5].map { .seconds($0) })
        backOff.reset()
        #expect(backOff.pause(jitter: 0) == .seconds(1))
        // No number of attempts overflows.
        for _ in 0..<1000 { _ = backOff.pause(jitter: 1) }
        #expect(backOff.pause(jitter: 1) == .seconds(7))
        var long = BackOff(first: .seconds(9), longest: .seconds(5))
        #expect([long.pause(jitter: 0), long.pause(jitter: 0)] == [.seconds(9), .seconds(9)])
    }

    @Test("a pause is at least as long as the server asks for, plus jitter")
    func asked() {
        var backOff = BackOff(first: .seconds(1), longest: .seconds(5))
        #expect(backOff.pause(atLeast: .seconds(45), jitter: 1) == .milliseconds(45_400))
        #expect(backOff.pause(atLeast: .milliseconds(1), jitter: 1) == .milliseconds(2800))
    }

    @Test("clients that failed together pause for different times")
    func chance() {
        let pauses = (0..<200).map { _ in
            var backOff = BackOff(first: .seconds(10), longest: .seconds(10))
            return backOff.pause()
        }
        #expect(pauses.allSatisfy { (Duration.seconds(10)...Duration.seconds(14)).contains($0) })
        #expect(Set(pauses).count > 100)
    }
}
