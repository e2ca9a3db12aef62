import BenchmarkFramework
import Foundation
import TestSupport
import Testing

@Suite("A service as a program")
struct ShellTasksProgramTests {
    private func run(_ arguments: [String], data: String? = nil) async throws -> (Int32, String) {
        let environment = data.map { ["SHELL_TASKS_DATA": $0] } ?? [:]
        let program = Program(path: Program.product("shell-tasks"), arguments: arguments, environment: environment)
        let result = try await program.run()
        return (result.exitCode, result.errorOutput)
    }

    @Test(
        "a mistake on the command line prints the usage and exits with 2",
        arguments: ["--port=x", "--nope", "--host"]
    )
    func usage(_ argument: String) async throws {
        let (exitCode, errors) = try await run([argument])
        #expect(exitCode == 2)
        #expect(errors.contains("usage:"))
    }

    @Test("a malformed dataset makes the start fail with its file and line and exit code 3")
    func badData() async throws {
        try await withTemporaryDirectory { folder in
            let data = "\(folder)/Data"
            try FileManager.default.createDirectory(atPath: "\(folder)/Harness", withIntermediateDirectories: true)
            try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
            try Data("# harness\n".utf8).write(to: URL(fileURLWithPath: "\(folder)/Harness/run_tests.sh"))
            try Data("\n{\"id\": 5}\n".utf8).write(to: URL(fileURLWithPath: "\(data)/default.jsonl"))
            let (exitCode, errors) = try await run(["--port", "0"], data: data)
            #expect(exitCode == 3)
            #expect(errors.contains("\(data)/default.jsonl, line 2: 'id' is not a string"))
        }
    }

    @Test("a port that is taken makes the start fail with its address and exit code 1")
    func portTaken() async throws {
        try await withServer(StubDaytona()) { url in
            let port = try HTTPURL(url).port
            let (exitCode, errors) = try await run(["--port", "\(port)"])
            #expect(exitCode == 1)
            #expect(errors.contains("127.0.0.1:\(port): Address already in use"))
        }
    }

    @Test("SIGTERM ends a service cleanly")
    func termination() async throws {
        let program = Program(path: Program.product("shell-tasks"), arguments: ["--port", "0"])
        let exitCode = try await program.serve { url in
            let client = try BenchmarkServiceClient(url: url)
            #expect(await client.health())
        }
        #expect(exitCode == 0)
    }
}
