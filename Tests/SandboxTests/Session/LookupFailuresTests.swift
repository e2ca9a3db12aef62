import Testing

@testable import BenchmarkSandbox

@Suite("Failures of looking a command up")
struct LookupFailuresTests {
    @Test(
        "are the end only in a row",
        arguments: [
            (SandboxError.Code.notFound, 2, "was deleted: no"), (.unauthorized, 5, "out of reach: no"),
            (.conflict, 5, "out of reach: no"), (.unavailable, 20, "out of reach: no"),
            (.failed, 20, "out of reach: no"),
        ]
    )
    func patience(_ code: SandboxError.Code, _ count: Int, _ message: String) {
        var failures = LookupFailures()
        let error = SandboxError(code, "no")
        for _ in 1..<count { #expect(failures.fail(error) == nil) }
        let end = failures.fail(error)
        #expect(end?.code == code)
        #expect(end?.message.hasSuffix(message) == true)
        failures.succeed()
        #expect(failures.fail(error) == nil)
        // Another failure in between is another reason.
        let other = SandboxError(code == .failed ? .timedOut : .failed, "other")
        #expect(failures.fail(other) == nil)
        for _ in 1..<count { #expect(failures.fail(error) == nil) }
    }
}
