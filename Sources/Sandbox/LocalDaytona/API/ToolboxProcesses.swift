import BenchmarkProtocol
import BenchmarkTransport

/// The toolbox's routes below `/process`: one-shot commands, sessions, and the commands and logs of sessions.
struct ToolboxProcesses: Sendable {
    let logs: ToolboxLogs
    private var faults: FaultInjector { logs.faults }

    init(logs: ToolboxLogs) { self.logs = logs }

    /// The session id that the daemon keeps for itself.
    private static let reservedID = "entrypoint"

    /// Answers a request; the segments are those after `process`.
    func reply(to request: APIRequest, about sandbox: LocalSandbox) async throws -> HTTPServerResponse {
        let segments = Array(request.segments)
        switch (request.method, segments.count) {
        case ("POST", 1) where segments[0] == "execute":
            return try await execute(request.jsonObject(), in: sandbox)
        case (_, 1...) where segments[0] == "session":
            return try await replyAboutSessions(request, sandbox, Array(segments.dropFirst()))
        default: throw Self.noSuchEndpoint
        }
    }

    private static let noSuchEndpoint = APIError(404, "not found: no such endpoint")

    private func replyAboutSessions(
        _ request: APIRequest,
        _ sandbox: LocalSandbox,
        _ rest: [String]
    ) async throws -> HTTPServerResponse {
        switch (request.method, rest.count) {
        case ("POST", 0): return try await createSession(request.jsonObject(), in: sandbox)
        case ("GET", 0):
            var sessions = [JSONValue]()
            for session in try await sandbox.allSessions() { sessions.append(await json(session)) }
            return .json(200, .array(sessions))
        case ("GET", 1): return .json(200, await json(try await sandbox.session(rest[0])))
        case ("DELETE", 1):
            try Self.refuseReserved(rest[0])
            try await sandbox.deleteSession(rest[0])
            return .empty(204)
        case ("POST", 2) where rest[1] == "exec":
            try Self.refuseReserved(rest[0])
            return try await execute(request, in: rest[0], of: sandbox)
        case ("GET", 3) where rest[1] == "command":
            let state = try await sandbox.session(rest[0]).state(of: rest[2])
            if state.exitCode != nil,
                let late = faults.choose(.lateExitCode, method: request.method, route: request.route),
                EventLoop.monotonicNow() - state.endedAt < Duration.milliseconds(late.fault.value).nanoseconds,
                faults.strike(late)
            {
                return .json(200, ["id": .string(state.id), "command": .string(state.text)])
            }
            return .json(200, Self.json(state))
        case ("POST", 4) where rest[1] == "command" && rest[3] == "input":
            return try await type(request.jsonObject(), into: rest[2], try await sandbox.session(rest[0]))
        case ("GET", 4) where rest[1] == "command" && rest[3] == "logs":
            let session = try await sandbox.session(rest[0])
            _ = try await session.state(of: rest[2])
            return try await logs.reply(to: request, session, rest[2])
        default: throw Self.noSuchEndpoint
        }
    }

    // MARK: One-shot commands

    private func execute(_ request: JSONObject, in sandbox: LocalSandbox) async throws -> HTTPServerResponse {
        let command = request["command"]?.stringValue ?? ""
        guard !Self.isBlank(command) else { throw APIError(400, "bad request: command is required") }
        let environment = try SandboxRecord.texts(request["envs"], "envs")
        if let name = environment.first(where: { !SandboxRecord.isVariableName($0.name) })?.name {
            throw APIError(400, "bad request: invalid environment variable name: \(name)")
        }
        let seconds = request["timeout"]?.doubleValue ?? request["timeout"]?.intValue.map(Double.init) ?? 0
        let timeout = seconds > 0 ? Duration.seconds(min(seconds, 1e9)) : nil
        let directory = request["cwd"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 }
        switch try await sandbox.run(command, in: directory, adding: environment, timeout: timeout) {
        case .timedOut:
            throw APIError(408, "request timeout: command execution timeout", code: "PROCESS_EXECUTION_TIMEOUT")
        case .outputTooLong:
            let maximum = OneShotCommand.maxOutputBytes
            throw APIError(400, "bad request: the output is longer than \(maximum) bytes; run the command in a session")
        case .ended(let exitCode, let output):
            return .json(
                200,
                ["exitCode": .int(exitCode), "result": .string(String(decoding: output, as: UTF8.self))]
            )
        }
    }

    private static func isBlank(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { $0.properties.isWhitespace }
    }

    // MARK: Sessions

    private static func refuseReserved(_ id: String) throws {
        if id == reservedID { throw APIError(400, "bad request: session \(id) is reserved") }
    }

    private func createSession(_ request: JSONObject, in sandbox: LocalSandbox) async throws -> HTTPServerResponse {
        guard let id = request["sessionId"]?.stringValue, !id.isEmpty else {
            throw APIError(400, "invalid request body: sessionId is required", code: "INVALID_REQUEST_BODY")
        }
        try Self.refuseReserved(id)
        try await sandbox.createSession(id)
        return .empty(201)
    }

    private func json(_ session: LocalSession) async -> JSONValue {
        ["sessionId": .string(session.id), "commands": .array(await session.states.map(Self.json))]
    }

    private static func json(_ command: LocalSession.CommandState) -> JSONValue {
        var object: JSONObject = ["id": .string(command.id), "command": .string(command.text)]
        if let code = command.exitCode { object["exitCode"] = .int(code) }
        return .object(object)
    }

    private func execute(_ request: APIRequest, in id: String, of sandbox: LocalSandbox) async throws
        -> HTTPServerResponse
    {
        let object = try await request.jsonObject()
        guard let command = object["command"]?.stringValue, !Self.isBlank(command) else { throw APIError(400, nil) }
        let isAsync = object["runAsync"]?.boolValue ?? object["async"]?.boolValue ?? false
        do {
            let session = try await sandbox.session(id)
            let commandID = try await session.execute(
                command,
                isAsync: isAsync,
                suppressesInputEcho: object["suppressInputEcho"]?.boolValue ?? false,
                isLost: isAsync && faults.strike(.lostCommand, method: request.method, route: request.route) != nil
            )
            if isAsync {
                return .json(
                    202,
                    ["cmdId": .string(commandID), "output": .null, "stdout": .null, "stderr": .null, "exitCode": .null]
                )
            }
            let state = try await session.waitForEnd(of: commandID)
            return try await logs.reply(about: state, session, request)
        } catch LocalSession.Failure.sessionNotFound {
            // As in the daemon: not a 404.
            throw APIError(500, "failed to execute command: not found: session not found")
        }
    }

    private func type(_ request: JSONObject, into id: String, _ session: LocalSession) async throws
        -> HTTPServerResponse
    {
        guard let data = request["data"]?.stringValue, !data.isEmpty else {
            throw APIError(400, "bad request: data is required")
        }
        try await session.type(data, into: id)
        return .empty(204)
    }
}
