import BenchmarkTransport
import Testing

@testable import BenchmarkSandbox

@Suite("Failures to look up a command")
struct LookupFailuresTests {
    private static let second = LoopInstant(1_000_000_000)

    @Test(
        "failures are final only if they repeat without interruption, and only after a while",
        arguments: [
            (SandboxError.Code.notFound, 2, 0, "was deleted: no"), (.unauthorized, 5, 15, "out of reach: no"),
            (.forbidden, 5, 15, "out of reach: no"), (.conflict, 5, 15, "out of reach: no"),
            (.invalidRequest, 5, 15, "out of reach: no"), (.unavailable, 20, 60, "out of reach: no"),
            (.failed, 20, 60, "out of reach: no"),
        ]
    )
    func patience(_ code: SandboxError.Code, _ count: Int, _ seconds: Int64, _ message: String) {
        let (begin, end) = (7 * Self.second, (7 + seconds) * Self.second)
        let error = SandboxError(code, "no")

        var failures = LookupFailures()
        for _ in 1..<count { #expect(failures.fail(error, at: begin) == nil) }
        if seconds > 0 {
            // Often enough, but not over a long enough time.
            for _ in 0..<100 { #expect(failures.fail(error, at: end - 1) == nil) }
        }
        let final = failures.fail(error, at: end)
        #expect(final?.code == code)
        #expect(final?.message.hasSuffix(message) == true)

        // Over a long enough time, but not often enough; and a success starts the count over.
        failures.succeed()
        #expect(failures.fail(error, at: begin) == nil)
        for _ in 2..<max(2, count) { #expect(failures.fail(error, at: end) == nil) }
        failures.succeed()
        for _ in 1..<count { #expect(failures.fail(error, at: end) == nil) }
    }

    @Test(
        "failures that mean the same count together, and those that do not only as failures of any kind",
        arguments: [
            ([.unavailable, .timedOut], 20, 60), ([.failed, .rateLimited, .protocolViolation], 20, 60),
            ([.unauthorized, .forbidden], 5, 15), ([.notFound, .unavailable], 20, 60),
            ([.unauthorized, .unavailable], 20, 60), ([.notFound, .forbidden, .failed], 20, 60),
        ] as [([SandboxError.Code], Int, Int64)]
    )
    func turns(_ codes: [SandboxError.Code], _ count: Int, _ seconds: Int64) {
        var failures = LookupFailures()
        for number in 0..<count - 1 {
            let error = SandboxError(codes[number % codes.count], "no")
            #expect(failures.fail(error, at: number == 0 ? 0 : seconds * Self.second) == nil)
        }
        let last = SandboxError(codes[(count - 1) % codes.count], "no")
        #expect(failures.fail(last, at: seconds * Self.second)?.message == "the command is out of reach: no")
    }

    @Test("a valid key that a proxy refuses for 5 seconds is not final")
    func falseRefusal() {
        var failures = LookupFailures()
        var (now, pause) = (LoopInstant(0), Self.second / 20)
        while now < 5 * Self.second {
            #expect(failures.fail(SandboxError(.unauthorized, "no"), at: now) == nil)
            (now, pause) = (now + pause, min(3 * Self.second, pause * 2))
        }
    }
}
