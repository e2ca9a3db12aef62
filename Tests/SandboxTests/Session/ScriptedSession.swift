import BenchmarkProtocol
import BenchmarkTransport
import TestSupport

@testable import BenchmarkSandbox

/// A toolbox with one command in a session, which has already run unless a closure answers otherwise.
final class ScriptedSession: HTTPResponder {
    /// The purpose of a request.
    enum Step: Sendable, Hashable {
        case create, begin, session, command, log, follow, delete, look, other
    }

    /// The requests and their fields.
    let requests = Locked<[(step: Step, fields: HTTPFields)]>([])
    private let output: [UInt8]
    private let mark = Locked<[UInt8]>([])
    private let answer: @Sendable (Step, Int, ScriptedSession) async -> HTTPServerResponse?

    /// - Parameters:
    ///   - output: The log, without the line that says that the command has started.
    ///   - answer: A closure that gets the step and its count so far, starting at 1; `nil` gives the usual answer.
    init(
        output: [UInt8] = LogStream.standardOutput.marker + Array("all\n".utf8),
        _ answer: @escaping @Sendable (Step, Int, ScriptedSession) async -> HTTPServerResponse? = { _, _, _ in nil }
    ) {
        (self.output, self.answer) = (output, answer)
    }

    /// Serves the script while a closure runs, which gets its sandbox.
    func serving<R: Sendable>(
        daemonVersion: String = "0.190.0",
        organizationID: String? = nil,
        _ times: CommandTimes = CommandTimes(),
        _ body: (DaytonaSandbox) async throws -> R
    ) async throws -> R {
        try await withServer(self) { url in
            let info = try SandboxInfo([
                "id": "s", "state": "started", "daemonVersion": .string(daemonVersion),
            ])
            let client = try ScriptedDaytona.client(url, organizationID: organizationID)
            var sandbox = DaytonaSandbox(info: info, toolbox: try HTTPURL("\(url)/toolbox/s"), client: client)
            sandbox.commandTimes = times
            return try await body(sandbox)
        }
    }

    func count(of step: Step) -> Int { requests.withLock { $0.count { $0.step == step } } }

    /// The complete log.
    var log: [UInt8] { mark.withLock { $0 } + output }

    nonisolated(nonsending) func respond(to request: HTTPServerRequest) async -> HTTPServerResponse {
        let step = Self.step(of: request.head)
        let count = requests.withLock { requests in
            requests.append((step, request.head.fields))
            return requests.count { $0.step == step }
        }
        if step == .begin, let body = try? await request.body.collect(maxBytes: 1 << 20) { keepMark(body) }
        if let answer = await answer(step, count, self) { return answer }
        switch step {
        case .create: return .text(201, "")
        case .begin: return .text(202, #"{"cmdId":"c"}"#)
        case .session: return .text(200, #"{"sessionId":"x","commands":[]}"#)
        case .command: return .text(200, #"{"id":"c","exitCode":0}"#)
        case .log: return HTTPServerResponse(status: .ok, body: .bytes(log))
        case .follow: return .stream { [log] socket in try? await socket.send(log) }
        case .delete: return .text(204, "")
        case .look, .other: return .text(404, "")
        }
    }

    private static func step(of head: HTTPRequestHead) -> Step {
        let parts = head.path.split(separator: "/").dropFirst(4)
        switch (head.method, parts.count, parts.last) {
        case (.post, 0, _): return head.path.hasSuffix("/execute") ? .look : .create
        case (.post, 2, "exec"): return .begin
        case (.get, 1, _): return .session
        case (.delete, 1, _): return .delete
        case (.get, 3, _): return .command
        case (.get, 4, "logs"): return head.fields["upgrade"] == nil ? .log : .follow
        default: return .other
        }
    }

    /// Keeps the line that the command's shell writes first, whose token is in the text of the command.
    private func keepMark(_ body: [UInt8]) {
        let text = String(decoding: body, as: UTF8.self)
        guard let token = text.firstMatch(of: /begun-[-0-9a-f]+/)?.output else { return }
        mark.withLock { $0 = LogStream.standardOutput.marker + Array("\(token) 417\n".utf8) }
    }
}

extension HTTPServerResponse {
    /// A stream of a log, which is closed cleanly when the closure returns.
    static func stream(_ body: @escaping @Sendable (WebSocketConnection) async -> Void) -> HTTPServerResponse {
        HTTPServerResponse(status: .ok, body: .webSocket(body))
    }

    /// The answer for a command that is running.
    static var running: HTTPServerResponse { .text(200, #"{"id":"c"}"#) }
}
