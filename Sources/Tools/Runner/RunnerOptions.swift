import BenchmarkFramework
import BenchmarkTransport

/// What the command line asks for.
struct RunnerOptions {
    var serviceURL = ""
    var agent = ""
    var dataset: String?
    var slice: String?
    var taskIDs: [String] = []
    var concurrency = 2
    var outputDirectory: String?
    var agentTimeoutSeconds = 3600.0
    var headers: [(name: String, value: String)] = []
    /// The credentials of a Daytona deployment; `nil` for sandboxes on this machine.
    var sandboxes: DaytonaCredentials?

    static let usage = """
        usage: runner --url URL --agent COMMAND [options]
        Runs an agent over the tasks of a benchmark service: sets each task up in a sandbox, runs the agent there, has
        the outcome graded, and fetches the final score.

          --url URL            the benchmark service
          --agent COMMAND      a shell command to run in the sandbox, in the task's working directory, with
                               PROBLEM_PATH, WORKDIR, AGENT_TIMEOUT (seconds) and TASK_ID in its environment. If its
                               first word is a file on this machine, that file is uploaded and run instead
          --dataset NAME       the dataset (default: the service's)
          --slice S            a slice of its tasks, as start:stop:step
          --task-ids A,B,…     only these tasks; may be repeated
          --concurrency N      how many tasks run at a time (default 2)
          --agent-timeout S    seconds for the agent if the task sets no limit (default 3600)
          --out DIR            write results.json and a log per task there
          --header 'NAME: V'   a header field for every request to the service; may be repeated
          --help               this text

        Sandboxes run on this machine unless all of these are given:
          --daytona-url URL --daytona-key KEY --daytona-target REGION
        """

    /// Parses the arguments; returns `nil` if help was requested.
    static func parse(_ arguments: [String]) throws(UsageError) -> RunnerOptions? {
        var options = RunnerOptions()
        var daytona: [String: String] = [:]
        var reader = OptionReader(arguments)
        while let option = try reader.next() {
            switch option {
            case "--help", "-h": return nil
            case "--url": options.serviceURL = try reader.value()
            case "--agent": options.agent = try reader.value()
            case "--dataset": options.dataset = try reader.value()
            case "--slice": options.slice = try reader.value()
            case "--task-ids": options.taskIDs += try reader.value().split(separator: ",").map(String.init)
            case "--concurrency": options.concurrency = try reader.number(in: 1...10_000)
            case "--agent-timeout": options.agentTimeoutSeconds = Double(try reader.number(in: 1...86_400 * 365))
            case "--out": options.outputDirectory = try reader.value()
            case "--header": options.headers.append(try header(try reader.value()))
            case "--daytona-url", "--daytona-key", "--daytona-target": daytona[option] = try reader.value()
            default: throw OptionReader.unknown(option, usage: Self.usage)
            }
        }
        if options.serviceURL.isEmpty { throw UsageError(message: "--url is missing") }
        if options.agent.isEmpty { throw UsageError(message: "--agent is missing") }
        options.sandboxes = try credentials(daytona)
        return options
    }

    private static func header(_ text: String) throws(UsageError) -> (name: String, value: String) {
        let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
        guard parts.count == 2, HTTPField.Name(parts[0]) != nil else {
            throw UsageError(message: "--header is 'NAME: VALUE', not '\(text)'")
        }
        return (parts[0], String(parts[1].drop { $0 == " " }))
    }

    private static func credentials(_ given: [String: String]) throws(UsageError) -> DaytonaCredentials? {
        if given.isEmpty { return nil }
        guard let url = given["--daytona-url"], let key = given["--daytona-key"], let target = given["--daytona-target"]
        else { throw UsageError(message: "--daytona-url, --daytona-key and --daytona-target go together") }
        return DaytonaCredentials(apiKey: key, apiURL: url, target: target)
    }
}
