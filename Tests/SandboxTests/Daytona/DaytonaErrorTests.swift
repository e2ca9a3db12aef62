import BenchmarkTransport
import TestSupport
import Testing

@testable import BenchmarkSandbox

@Suite("How Daytona's refusals are reported")
struct DaytonaErrorTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let status: Int
        var body = ""
        let code: SandboxError.Code
        var message: String?
        var serverCode: String?
        var testDescription: String { "\(status) \(body)" }
    }

    @Test(
        "each status becomes an error of the right kind, with the message of its body",
        arguments: [
            Case(status: 302, code: .protocolViolation, message: "/toolbox/s/process/execute answered 302"),
            Case(status: 400, body: #"{"message":"a, b"}"#, code: .invalidRequest, message: "a, b"),
            Case(status: 400, body: #"{"message":"no IP address found. Is the Sandbox started?"}"#, code: .conflict),
            Case(status: 400, body: #"{"message":"Sandbox failed to start: x"}"#, code: .failed),
            Case(
                status: 400,
                body: #"{"errors":["a: no space","b: no space"],"files":null}"#,
                code: .invalidRequest,
                message: "a: no space; b: no space"
            ),
            Case(status: 401, body: #"{"message":"Invalid credentials"}"#, code: .unauthorized),
            Case(status: 403, body: #"{"message":"quota","error":"Forbidden"}"#, code: .forbidden, message: "quota"),
            Case(
                status: 404,
                body: #"{"message":"file not found: /x","code":"FILE_NOT_FOUND"}"#,
                code: .notFound,
                serverCode: "FILE_NOT_FOUND"
            ),
            Case(
                status: 404,
                body: #"{"error":"gone","error_code":"OLD"}"#,
                code: .notFound,
                message: "gone",
                serverCode: "OLD"
            ),
            Case(status: 408, code: .timedOut), Case(status: 409, code: .conflict),
            Case(status: 410, code: .conflict), Case(status: 413, code: .invalidRequest),
            Case(status: 422, code: .invalidRequest), Case(status: 429, code: .rateLimited),
            Case(status: 500, code: .failed, message: "/toolbox/s/process/execute answered 500"),
            Case(status: 500, body: #"{"message":"not found: session not found"}"#, code: .notFound),
            Case(
                status: 502,
                body: "<html>Bad Gateway</html>",
                code: .unavailable,
                message: "<html>Bad Gateway</html>"
            ),
            Case(status: 503, code: .unavailable), Case(status: 504, code: .timedOut),
            Case(
                status: 500,
                body: #"{"message":"your key dtn_0123456789abcdef is odd"}"#,
                code: .failed,
                message: "your key [key] is odd"
            ),
        ]
    )
    func statuses(_ example: Case) async throws {
        try await ScriptedDaytona.with { _, _ in
            .text(example.status, example.body)
        } _: { client, script in
            let sandbox = try client.scriptedSandbox()
            let error = await #expect(throws: SandboxError.self) { try await sandbox.run("true") }
            #expect(error?.code == example.code)
            #expect(error?.status == example.status)
            #expect(error?.serverCode == example.serverCode)
            if let message = example.message { #expect(error?.message == message) }
            // A command is never run twice.
            #expect(script.count == 1)
        }
    }

    private static let keyTexts = [
        // Cut within the key: at 500 bytes of a body without JSON, and at 8192 of a message.
        String(repeating: "x", count: 490) + ScriptedDaytona.key,
        #"{"message":"\#(String(repeating: "x", count: 8180) + ScriptedDaytona.key)"}"#,
        // Shortened by the first key.
        ScriptedDaytona.key + String(repeating: "x", count: 470) + ScriptedDaytona.key + ScriptedDaytona.key,
        #"{"message":"no","code":"\#(ScriptedDaytona.key)"}"#,
    ]

    @Test("no part of the key is in an error, wherever the server repeats it", arguments: keyTexts)
    func keys(_ body: String) async throws {
        try await ScriptedDaytona.with { _, _ in
            .text(400, body)
        } _: { client, _ in
            let sandbox = try client.scriptedSandbox()
            let error = try #require(await #expect(throws: SandboxError.self) { try await sandbox.run("true") })
            #expect(!"\(error.message) \(error.serverCode ?? "")".contains("dtn"))
        }
    }

    @Test(
        "no key is in an error about a sandbox whose description repeats it",
        arguments: [
            #""toolboxProxyUrl":"nonsense KEY""#, #""toolboxProxyUrl":"http+unix://KEY""#,
            #""errorReason":"KEY is bad","state":"error""#,
        ]
    )
    func describedKey(_ field: String) async throws {
        let text = field.replacing("KEY", with: ScriptedDaytona.key)
        try await ScriptedDaytona.with { _, _ in
            .text(200, #"{"id":"s","state":"started",\#(text)}"#)
        } _: { client, _ in
            let error = try #require(
                await #expect(throws: SandboxError.self) {
                    let info = try await client.waitForSandbox("s", until: .started)
                    _ = try await client.sandbox(info)
                }
            )
            #expect(error.message.contains("[key]"))
            #expect(!error.message.contains("dtn"))
        }
    }

    @Test(
        "the pause that a server asks for is in the error, whichever field says it",
        arguments: [
            ([("Retry-After", "7")], 7), ([("Retry-After-sandbox-create", "9"), ("Retry-After", "7")], 9),
            ([("Retry-After-authenticated", "0")], 0),
            ([("X-RateLimit-Reset-authenticated", "30"), ("X-RateLimit-Remaining-authenticated", "0")], 30),
            (
                [
                    ("X-RateLimit-Reset-authenticated", "30"), ("X-RateLimit-Remaining-authenticated", "12"),
                    ("X-RateLimit-Reset-sandbox-create", "20"), ("X-RateLimit-Remaining-sandbox-create", "0"),
                ], 20
            ), ([("Retry-After", "99999999999999999999")], 86_400), ([("Retry-After", "-5")], nil),
            ([("Retry-After", "Wed, 21 Oct 2015 07:28:00 GMT")], 0),
            ([("Retry-After", "Fri, 31 Dec 9999 23:59:59 GMT")], 86_400),
            ([("Retry-After", "Wed, 21 Oct 2015")], nil), ([("Retry-Afterwards", "5")], nil), ([], nil),
        ] as [([(String, String)], Int?)]
    )
    func rateLimits(_ fields: [(String, String)], _ seconds: Int?) async throws {
        try await ScriptedDaytona.with { _, _ in
            .text(429, "slow down", fields)
        } _: { client, _ in
            let sandbox = try client.scriptedSandbox()
            let error = await #expect(throws: SandboxError.self) { try await sandbox.run("true") }
            #expect(error?.code == .rateLimited)
            #expect(error?.retryAfter == seconds.map { .seconds($0) })
        }
    }

    @Test("a pause may be given as a date, RFC 9110 §10.2.3")
    func dates() {
        let fields: HTTPFields = [(.retryAfter, "Sun, 06 Nov 1994 08:49:37 GMT")]
        #expect(RateLimit.pause(fields, now: 784_111_777 - 90) == .seconds(90))
    }

    @Test("an unreachable server is unavailable, and an answer that makes no sense is a protocol violation")
    func transport() async throws {
        let unreachable = try ScriptedDaytona.client("http://127.0.0.1:9")
        let refused = await #expect(throws: SandboxError.self) { try await unreachable.createSandbox(.init()) }
        #expect(refused?.code == .unavailable)
        for body in ["nonsense", "[]", "{}"] {
            try await ScriptedDaytona.with { _, _ in
                .text(200, body)
            } _: { client, _ in
                let error = await #expect(throws: SandboxError.self) { try await client.sandbox("s") }
                #expect(error?.code == .protocolViolation)
                #expect(error?.message.hasPrefix("Failed to get sandbox: ") == true)
            }
        }
    }

    @Test("credentials are printed without their key, and their organization is sent")
    func credentials() async throws {
        let credentials = DaytonaCredentials(apiKey: "dtn_secret", apiURL: "u", target: "t", organizationID: "o")
        var dumped = ""
        dump(credentials, to: &dumped)
        #expect(!"\(credentials) \(dumped)".contains("secret"))
        let organization = Locked<String?>(nil)
        let script = ScriptedDaytona { request, _ in
            organization.withLock { $0 = request.head.fields["x-daytona-organization-id"] }
            return .text(404, "")
        }
        try await withServer(script) { url in
            _ = try? await ScriptedDaytona.client(url, organizationID: "o-1").sandbox("s")
        }
        #expect(organization.withLock { $0 } == "o-1")
    }
}
