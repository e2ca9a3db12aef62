import BenchmarkFramework
import BenchmarkTransport
import Testing

@testable import runner

@Suite("The runner's command line")
struct RunnerOptionsTests {
    @Test("every option is parsed, with a space or an equals sign")
    func all() throws {
        let options = try #require(
            try RunnerOptions.parse([
                "--url", "http://h:1", "--agent=sh x", "--dataset", "lite", "--slice=0:2", "--task-ids", "a,b",
                "--task-ids=c", "--concurrency", "3", "--agent-timeout=9", "--out", "o", "--header", "x-a: b: c",
                "--daytona-url", "u", "--daytona-key", "k", "--daytona-target", "t",
            ])
        )
        #expect(options.serviceURL == "http://h:1")
        #expect(options.agent == "sh x")
        #expect(options.dataset == "lite")
        #expect(options.slice == "0:2")
        #expect(options.taskIDs == ["a", "b", "c"])
        #expect(options.concurrency == 3)
        #expect(options.agentTimeoutSeconds == 9)
        #expect(options.outputDirectory == "o")
        #expect(options.headers.map(\.name) == ["x-a"])
        #expect(options.headers.map(\.value) == ["b: c"])
        #expect(options.sandboxes == DaytonaCredentials(apiKey: "k", apiURL: "u", target: "t"))
    }

    @Test("without Daytona options the sandboxes are on this machine")
    func local() throws {
        #expect(try RunnerOptions.parse(["--url", "u", "--agent", "a"])?.sandboxes == nil)
    }

    @Test("asking for help is not a mistake")
    func help() throws {
        let options = try RunnerOptions.parse(["--help"])
        #expect(options == nil)
    }

    @Test(
        "a mistake is refused with a message that says what is wrong",
        arguments: [
            (["--agent", "a"], "--url is missing"), (["--url", "u"], "--agent is missing"),
            (["--url"], "--url needs a value"), (["--nope"], "unknown argument '--nope'"),
            (["x"], "unknown argument 'x'"),
            (["--concurrency", "0"], "--concurrency is a number from 1 to 10000, not '0'"),
            (["--agent-timeout", "soon"], "--agent-timeout is a number from 1 to 31536000, not 'soon'"),
            (["--header", "nope"], "--header is 'NAME: VALUE', not 'nope'"),
            (
                ["--url", "u", "--agent", "a", "--daytona-key", "k"],
                "--daytona-url, --daytona-key and --daytona-target go together"
            ),
        ] as [([String], String)]
    )
    func mistake(_ arguments: [String], _ message: String) {
        #expect(throws: UsageError(message: message)) { try RunnerOptions.parse(arguments) }
    }
}
