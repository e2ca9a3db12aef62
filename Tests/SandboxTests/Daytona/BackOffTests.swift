import Testing

@testable import BenchmarkSandbox

@Suite("Pauses between attempts")
struct BackOffTests {
    @Test("double up to a ceiling, and begin again")
    func doubling() {
        var backOff = BackOff(first: .seconds(1), longest: .seconds(5))
        let pauses = (0..<5).map { _ in backOff.pause(jitter: 0) }
        #expect(pauses == [1, 2, 4, 5, 5].map { .seconds($0) })
        backOff.reset()
        #expect(backOff.pause(jitter: 0) == .seconds(1))
        // However often.
        for _ in 0..<1000 { _ = backOff.pause(jitter: 1) }
        #expect(backOff.pause(jitter: 1) == .seconds(7))
        var long = BackOff(first: .seconds(9), longest: .seconds(5))
        #expect([long.pause(jitter: 0), long.pause(jitter: 0)] == [.seconds(9), .seconds(9)])
    }

    @Test("are as long as the server asks for, and no longer than by the chance that is added")
    func asked() {
        var backOff = BackOff(first: .seconds(1), longest: .seconds(5))
        #expect(backOff.pause(atLeast: .seconds(45), jitter: 1) == .milliseconds(45_400))
        #expect(backOff.pause(atLeast: .milliseconds(1), jitter: 1) == .milliseconds(2800))
    }

    @Test("are not the same for those who failed together")
    func chance() {
        let pauses = (0..<200).map { _ in
            var backOff = BackOff(first: .seconds(10), longest: .seconds(10))
            return backOff.pause()
        }
        #expect(pauses.allSatisfy { (Duration.seconds(10)...Duration.seconds(14)).contains($0) })
        #expect(Set(pauses).count > 100)
    }
}
