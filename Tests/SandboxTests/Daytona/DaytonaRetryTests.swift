import TestSupport
import Testing

@testable import BenchmarkSandbox
@testable import BenchmarkTransport

@Suite("Retried requests to Daytona, RFC 9110 §9.2.2", .timeLimit(.minutes(5)))
struct DaytonaRetryTests {
    private static let description = #"{"id":"s","state":"started","toolboxProxyUrl":"http://127.0.0.1:9/toolbox"}"#

    @Test("a request that only reads is sent at most three times", arguments: [502, 503, 429], [1, 2, 3, 9])
    func reading(_ status: Int, _ failureCount: Int) async throws {
        try await ScriptedDaytona.with { _, number in
            number <= failureCount ? .text(status, "", [("Retry-After", "0")]) : .text(200, Self.description)
        } _: { client, script in
            if failureCount < 3 {
                let sandbox = try await client.sandbox("s")
                #expect(sandbox.id == "s")
            } else {
                await #expect(throws: SandboxError.self) { try await client.sandbox("s") }
            }
            #expect(script.count == min(3, failureCount + 1))
        }
    }

    @Test("a request that the server refuses is not retried", arguments: [400, 401, 403, 404, 409, 500, 504])
    func refusals(_ status: Int) async throws {
        try await ScriptedDaytona.with { _, _ in
            .text(status, "")
        } _: { client, script in
            await #expect(throws: SandboxError.self) { try await client.sandbox("s") }
            #expect(script.count == 1)
        }
    }

    @Test("a pause longer than the caller would wait is reported instead of waited for")
    func longPause() async throws {
        try await ScriptedDaytona.with { _, _ in
            .text(429, "", [("Retry-After-authenticated", "7000")])
        } _: {
            client,
            script in
            let error = await #expect(throws: SandboxError.self) { try await client.sandbox("s") }
            #expect(error?.retryAfter == .seconds(7000))
            #expect(script.count == 1)
        }
    }

    @Test("after a lost connection only a request that is safe to repeat is retried", arguments: [true, false])
    func lostConnection(_ mayRepeat: Bool) async throws {
        let server = try RawServer()
        let heads = Locked<[String]>([])
        try await server.serving({ connection in
            let head = try await connection.receiveHead()
            heads.withLock { $0.append(String(head.prefix { $0 != " " })) }
            connection.end()
        }) {
            let client = try ScriptedDaytona.client(server.url)
            let error = await #expect(throws: SandboxError.self) {
                if mayRepeat { try await client.deleteSandbox("s") } else { try await client.startSandbox("s") }
            }
            #expect(error?.code == .unavailable)
        }
        #expect(heads.withLock { $0 } == (mayRepeat ? ["DELETE", "DELETE", "DELETE"] : ["POST"]))
    }

    @Test("a deletion whose answer was lost has succeeded if the retry finds nothing")
    func repeatedDeletion() async throws {
        try await ScriptedDaytona.with { _, number in
            .text(number == 1 ? 502 : 404, "")
        } _: { client, script in
            let sandbox = try client.scriptedSandbox()
            try await sandbox.deleteFile("/x")
            #expect(script.count == 2)
            let error = await #expect(throws: SandboxError.self) { try await sandbox.deleteFile("/x") }
            #expect(error?.code == .notFound)
        }
    }

    @Test("pauses between retries double, have jitter added, and keep to the deadline")
    func schedule() {
        let second = Int64(1_000_000_000)
        let busy = SandboxError(.unavailable, "")
        let asks = SandboxError(.rateLimited, "", retryAfter: .seconds(3))
        func schedule(_ method: HTTPMethod, deadline: Int64? = nil) -> RetrySchedule {
            RetrySchedule(method, maxAttempts: 3, firstPause: .milliseconds(250), deadline: deadline)
        }
        var plain = schedule(.get)
        #expect(plain.pause(after: busy, now: 0, jitter: 0) == .milliseconds(250))
        #expect(plain.pause(after: busy, now: 0, jitter: 1) == .milliseconds(700))
        #expect(plain.pause(after: busy, now: 0, jitter: 0) == nil)
        var asked = schedule(.put)
        #expect(asked.pause(after: asks, now: 0, jitter: 0) == .seconds(3))
        var posting = schedule(.post)
        #expect(posting.pause(after: asks, now: 0, jitter: 0) == nil)
        #expect(posting.pause(after: HTTPClientError(.connectionLost, ""), now: 0, jitter: 0) == nil)
        #expect(posting.pause(after: HTTPClientError(.cannotConnect, ""), now: 0, jitter: 0) == .milliseconds(250))
        var late = schedule(.get, deadline: 3 * second)
        #expect(late.pause(after: asks, now: 0, jitter: 0) == nil)
        #expect(late.pause(after: busy, now: 0, jitter: 0) == .milliseconds(250))
        var patient = schedule(.get)
        let hour = SandboxError(.rateLimited, "", retryAfter: .seconds(3600))
        #expect(patient.pause(after: hour, now: 0, jitter: 0) == nil)
        for error in [
            RetrySchedule.Final(reason: busy), CancellationError(), HTTPClientError(.bodyTooLarge, ""),
            HTTPClientError(.timedOut, ""), SandboxError(.notFound, ""),
        ] as [any Error] {
            var other = schedule(.get)
            #expect(other.pause(after: error, now: 0, jitter: 0) == nil)
        }
    }

    @Test("cancelling a call ends it at once while it waits for its answer")
    func cancelledWait() async throws {
        let (arrived, release) = (OneShotEvent(), OneShotEvent())
        try await ScriptedDaytona.with { _, _ in
            arrived.fire()
            await release.wait()
            return .text(200, Self.description)
        } _: { client, _ in
            let call = Task { try await client.sandbox("s") }
            await arrived.wait()
            call.cancel()
            await #expect(throws: CancellationError.self) { try await call.value }
            release.fire()
        }
    }

    @Test("cancelling a call ends it at once while it waits for its next attempt")
    func cancelledPause() async throws {
        let (answered, count) = (OneShotEvent(), Locked(0))
        let server = try RawServer()
        try await server.serving({ connection in
            _ = try await connection.receiveHead()
            count.withLock { $0 += 1 }
            let fields = "Retry-After: 60\r\nContent-Length: 0\r\nConnection: close"
            try await connection.send("HTTP/1.1 503 Service Unavailable\r\n\(fields)\r\n\r\n")
            // The client closes its end once it has the answer.
            if await connection.receivesEnd() { answered.fire() }
        }) {
            let client = try ScriptedDaytona.client(server.url)
            let call = Task { try await client.sandbox("s") }
            await answered.wait()
            call.cancel()
            await #expect(throws: CancellationError.self) { try await call.value }
        }
        #expect(count.withLock { $0 } == 1)
    }

    @Test("a single call has its own deadline")
    func deadline() async throws {
        let release = OneShotEvent()
        try await ScriptedDaytona.with { _, _ in
            await release.wait()
            return .text(200, "{}")
        } _: { client, _ in
            let sandbox = try client.scriptedSandbox().with(requestTimeout: .milliseconds(20))
            let error = await #expect(throws: SandboxError.self) { try await sandbox.fileInfo("/x") }
            #expect(error?.code == .timedOut)
            release.fire()
        }
    }
}
