import BenchmarkTransport
import TestSupport
import Testing

@testable import BenchmarkSandbox

@Suite("The Daytona client against a local Daytona", .timeLimit(.minutes(5)))
struct DaytonaClientTests {
    private func withSandbox(_ body: @Sendable (DaytonaSandbox, DaytonaClient) async throws -> Void) async throws {
        let local = try await LocalDaytona.start()
        do {
            let client = try DaytonaClient(local.credentials)
            try await body(try await client.createSandbox(CreateSandboxRequest()), client)
            await local.shutdown()
        } catch {
            await local.shutdown()
            throw error
        }
    }

    @Test(
        "a file is downloaded as it was uploaded, under any name",
        arguments: ["/workspace/a.txt", "/tmp/ž ü/%41 b", "rel.bin"]
    )
    func files(_ path: String) async throws {
        try await withSandbox { sandbox, _ in
            let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            try await sandbox.upload(bytes, to: path)
            #expect(try await sandbox.download(path) == bytes)
        }
    }

    @Test("the error for a missing file names it")
    func missingFile() async throws {
        try await withSandbox { sandbox, _ in
            let error = await #expect(throws: SandboxError.self) { try await sandbox.download("/nope/x") }
            #expect(error?.code == .notFound)
            #expect(error?.message.contains("/nope/x") == true)
        }
    }

    @Test("a short command returns its exit code and output")
    func run() async throws {
        try await withSandbox { sandbox, _ in
            let result = try await sandbox.run(
                "echo out; echo err >&2; pwd; echo $A; exit 3",
                cwd: "/workspace",
                environment: [("A", "b c")],
                timeout: nil
            )
            #expect(result == CommandResult(exitCode: 3, output: "out\nerr\n/workspace\nb c\n"))
        }
    }

    @Test("output is streamed completely and in order", arguments: [0, 1, 5000])
    func stream(lineCount: Int) async throws {
        try await withSandbox { sandbox, _ in
            var output = ""
            for try await text in streamCommand(
                sandbox,
                "i=0; while [ $i -lt \(lineCount) ]; do echo line $i; i=$((i+1)); done",
                cwd: "/tmp"
            ) {
                output += text
            }
            #expect(output == (0..<lineCount).map { "line \($0)\n" }.joined())
        }
    }

    @Test(
        "the exit code decides after all output has arrived, even if the shell ends itself",
        arguments: [
            ("echo x; false", 1), ("echo x; exit 7", 7), ("echo x; set -e; false; echo y", 1),
            ("echo x; nosuchcommand 2>/dev/null", 127),
        ]
    )
    func failure(_ command: String, _ exitCode: Int) async throws {
        try await withSandbox { sandbox, _ in
            var output = ""
            let error = await #expect(throws: SandboxError.self) {
                for try await text in streamCommand(sandbox, command, cwd: "/") { output += text }
            }
            #expect(output == "x\n")
            #expect(error?.code == .commandFailed)
            #expect(error?.exitCode == exitCode)
            #expect(error?.message == "Command failed with exit code \(exitCode)")

            output = ""
            for try await text in streamCommand(sandbox, command, cwd: "/", ignoreError: true) { output += text }
            #expect(output == "x\n")
        }
    }

    @Test("text that needs quoting and bytes that are not UTF-8 arrive")
    func quoting() async throws {
        try await withSandbox { sandbox, _ in
            var output = ""
            for try await text in streamCommand(
                sandbox,
                #"printf '%s|' "it's" 'a b' "\"" '$HOME' é😀; printf '\377\n'"#,
                cwd: "'/tmp'"
            ) {
                output += text
            }
            #expect(output == "it's|a b|\"|$HOME|é😀|\u{fffd}\n")
        }
    }

    @Test("leaving early kills the command and deletes its session")
    func leaving() async throws {
        try await withSandbox { sandbox, client in
            for try await text in streamCommand(sandbox, "echo started; sleep 1000", cwd: "/") {
                #expect(text == "started\n")
                break
            }
            // The session is deleted in the background; it is gone when no session is listed.
            var sessions = "unknown"
            while sessions != "[]" {
                let url = sandbox.toolbox.appending("/process/session")
                let answer = try await client.send(HTTPClientRequest(.get, url, fields: client.fields))
                sessions = String(decoding: answer, as: UTF8.self)
            }
            // 1 means that there is none; without `pgrep`, it would be 127.
            #expect(try await sandbox.run("pgrep -f 'sleep 1000'").exitCode == 1)
        }
    }

    @Test("files are transferred over https, and a command is streamed over wss")
    func secure() async throws {
        try await withTemporaryDirectory { folder in
            let authority = try await TestAuthority(in: folder)
            let pair = try await authority.issue("server", for: "IP:127.0.0.1")
            var configuration = LocalDaytona.Configuration()
            configuration.server.tls = TLSServerConfiguration(
                certificateFile: pair.certificate,
                privateKeyFile: pair.key
            )
            let local = try await LocalDaytona.start(configuration)
            do {
                #expect(local.apiURL.hasPrefix("https://"))
                var http = DaytonaClient.httpConfiguration
                http.tls.authorityFile = authority.file
                let client = try DaytonaClient(local.credentials, http: HTTPClient(configuration: http))
                let sandbox = try await client.createSandbox(CreateSandboxRequest())
                #expect(sandbox.toolbox.description.hasPrefix("https://"))
                try await sandbox.upload([1, 2, 3], to: "/tmp/x")
                #expect(try await sandbox.download("/tmp/x") == [1, 2, 3])
                // The second line is written once the stream has delivered the first.
                let command = "echo a; until test -e /tmp/go; do sleep 0.01; done; echo b"
                var texts: [String] = []
                for try await text in streamCommand(sandbox, command, cwd: "/") {
                    texts.append(text)
                    if texts.count == 1 { try await sandbox.upload("", to: "/tmp/go") }
                }
                #expect(texts == ["a\n", "b\n"])
                let stranger = try DaytonaClient(local.credentials)
                let error = await #expect(throws: SandboxError.self) { try await stranger.sandbox(sandbox.id) }
                #expect(error?.code == .unavailable)
                await local.shutdown()
            } catch {
                await local.shutdown()
                throw error
            }
        }
    }

    @Test("variables may be passed without a directory or a time limit, or with either")
    func variables() async throws {
        try await withSandbox { sandbox, _ in
            let environment = [(name: "A", value: "b")]
            let plain = try await sandbox.run("echo $A", environment: environment)
            let limited = try await sandbox.run("echo $A", environment: environment, timeout: .seconds(9))
            let placed = try await sandbox.run("echo $A; pwd", cwd: "/tmp", environment: environment)
            #expect([plain, limited, placed].map(\.output) == ["b\n", "b\n", "b\n/tmp\n"])
        }
    }

    @Test("a wrong key is unauthorized, and an unknown sandbox is not found")
    func refusals() async throws {
        let local = try await LocalDaytona.start()
        var wrong = local.credentials
        wrong.apiKey = "wrong"
        let unauthorized = await #expect(throws: SandboxError.self) { try await DaytonaClient(wrong).sandbox("x") }
        let unknown = await #expect(throws: SandboxError.self) {
            try await DaytonaClient(local.credentials).sandbox("x")
        }
        await local.shutdown()
        #expect(unauthorized?.code == .unauthorized)
        #expect(unknown?.code == .notFound)
        #expect(unknown?.message == "Failed to get sandbox: Sandbox with ID or name x not found")
    }

    @Test("the error for an invalid address names it")
    func badAddress() {
        let error = #expect(throws: SandboxError.self) {
            try DaytonaClient(DaytonaCredentials(apiKey: "k", apiURL: "nonsense", target: ""))
        }
        #expect(error?.message.contains("nonsense") == true)
    }
}
