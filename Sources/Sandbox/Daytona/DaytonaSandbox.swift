import BenchmarkProtocol
import BenchmarkTransport

/// A sandbox of a Daytona deployment, reached through its toolbox.
public struct DaytonaSandbox: Sandbox {
    /// The description from when the sandbox was looked up.
    public let info: SandboxInfo
    let toolbox: HTTPURL
    var client: DaytonaClient
    var commandLimits = CommandLimits()
    var commandTimes = CommandTimes()

    /// The id by which services and the toolbox know it.
    public var id: String { info.id }

    /// Returns the same sandbox with another limit for calls, repetitions included; uploads and downloads have none.
    public func with(requestTimeout: Duration) -> DaytonaSandbox {
        var copy = self
        copy.client.configuration.requestTimeout = requestTimeout
        return copy
    }

    /// Returns the same sandbox with other limits for streamed commands.
    public func with(commandLimits: CommandLimits) -> DaytonaSandbox {
        var copy = self
        copy.commandLimits = commandLimits
        return copy
    }

    /// Returns the same sandbox with its current description.
    public func refreshed() async throws -> DaytonaSandbox { try await client.sandbox(id) }

    /// Runs a short command through the toolbox.
    ///
    /// The command is the standard input of a shell, so its length does not matter; a program in it that reads standard
    /// input consumes the lines after its own.
    public func run(
        _ command: String,
        cwd: String?,
        environment: [(name: String, value: String)],
        timeout: Duration?
    ) async throws -> CommandResult {
        try SandboxInput.checkCommand(command)
        try SandboxInput.checkEnvironment(environment)
        var body: JSONObject = ["command": .string(command)]
        if let cwd {
            try SandboxInput.checkPath(cwd, "directory of a command")
            body["cwd"] = .string(cwd)
        }
        if !environment.isEmpty {
            var variables = JSONObject()
            for (name, value) in environment { variables[name] = .string(value) }
            body["envs"] = .object(variables)
        }
        var limit: Duration?
        if let timeout {
            // 0 would mean no limit.
            let seconds = max(1, (min(timeout.nanoseconds, Int64.max / 4) + 999_999_999) / 1_000_000_000)
            body["timeout"] = .int(Int(seconds))
            limit = .seconds(seconds + 5)
        }
        let answer = try await client.call(
            .post,
            toolbox.appending("/process/execute"),
            json: .object(body),
            timeout: limit
        )
        guard let exitCode = (answer["exitCode"] ?? answer["code"])?.intValue else {
            throw SandboxError(.protocolViolation, "the answer to a command has no exit code")
        }
        return CommandResult(exitCode: exitCode, output: answer["result"]?.stringValue ?? "")
    }

    /// Runs a command in a session of its own and follows its log.
    public func output(of command: String, cwd: String, ignoreError: Bool) -> CommandOutput {
        let loop = EventLoopGroup.shared.next()
        return CommandOutput(on: loop) { writer in
            try SandboxInput.checkCommand(command)
            try SandboxInput.checkText(cwd, "directory of a command")
            let session = DaytonaSession(in: self, on: loop)
            let exitCode = try await session.run("cd \(cwd) && \(command)", writer)
            if exitCode != 0 && !ignoreError {
                throw SandboxError.commandFailed(exitCode: exitCode)
            }
        }
    }
}
