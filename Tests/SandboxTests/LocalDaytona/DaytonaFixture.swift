import BenchmarkProtocol
import BenchmarkTransport
import TestSupport
import Testing

@testable import BenchmarkSandbox

/// A running server with one started sandbox, and a client of it.
struct DaytonaFixture: Sendable {
    let daytona: LocalDaytona
    let client: HTTPClient
    let id: String

    /// An answer.
    struct Answer: Sendable {
        let status: Int
        let body: [UInt8]
        let fields: HTTPFields
        var text: String { String(decoding: body, as: UTF8.self) }
        /// The body as JSON; `null` if it is not JSON.
        var json: JSONValue { (try? JSONValue(parsing: body)) ?? .null }
    }

    /// Calls `body` with a server that runs as long as the call.
    static func with(
        _ isolation: Isolation? = Isolation.none,
        quietPeriod: Duration = .milliseconds(100),
        minute: Duration = .seconds(60),
        creating request: String = "{}",
        _ body: @Sendable (DaytonaFixture) async throws -> Void
    ) async throws {
        var configuration = LocalDaytona.Configuration()
        (configuration.isolation, configuration.quietPeriod) = (isolation, quietPeriod)
        (configuration.sessionGrace, configuration.minute) = (.milliseconds(300), minute)
        let daytona = try await LocalDaytona.start(configuration)
        let client = directClient()
        var failure: (any Error)?
        do {
            let created = try await Self(daytona: daytona, client: client, id: "").api(.post, "/sandbox", request)
            let id = try #require(created.json["id"]?.stringValue)
            try await body(Self(daytona: daytona, client: client, id: id))
        } catch { failure = error }
        client.shutDown()
        await daytona.shutdown()
        if let failure { throw failure }
    }

    /// The base of the sandbox's toolbox.
    var toolboxURL: String { "\(daytona.apiURL.dropLast(4))/toolbox/\(id)" }

    func send(
        _ method: HTTPMethod,
        _ url: String,
        _ body: [UInt8],
        _ fields: HTTPFields = [],
        key: String? = nil
    ) async throws -> Answer {
        var request = HTTPClientRequest(method, try HTTPURL(url), fields: fields, body: .bytes(body))
        request.fields.set(.authorization, "Bearer \(key ?? daytona.apiKey)")
        let result = try await client.send(request)
        return Answer(status: result.status, body: result.body, fields: result.head.fields)
    }

    /// Sends a request to the control plane.
    func api(_ method: HTTPMethod, _ path: String, _ body: String = "", key: String? = nil) async throws -> Answer {
        try await send(method, daytona.apiURL + path, Array(body.utf8), key: key)
    }

    /// Sends a request to the sandbox's toolbox the way a current SDK does.
    func toolbox(
        _ method: HTTPMethod,
        _ path: String,
        _ body: String = "",
        version: String? = "0.226.1",
        key: String? = nil
    ) async throws -> Answer {
        var fields: HTTPFields = [(.contentType, "application/json")]
        if let version { fields.set("x-daytona-sdk-version", version) }
        return try await send(method, toolboxURL + path, Array(body.utf8), fields, key: key)
    }

    /// Runs a one-shot command and returns its output.
    func execute(_ command: String) async throws -> String {
        let answer = try await toolbox(.post, "/process/execute", json(["command": .string(command)]))
        return answer.json["result"]?.stringValue ?? answer.text
    }

    /// Starts a command in a session and returns the path of the command.
    func start(_ command: String, in session: String = "s") async throws -> String {
        let body = json(["command": .string(command), "runAsync": true])
        let answer = try await toolbox(.post, "/process/session/\(session)/exec", body)
        return
            "/process/session/\(session)/command/\(try #require(answer.json["cmdId"]?.stringValue, "\(answer.text)"))"
    }

    /// Returns everything a follower receives until the server closes, the sizes of the messages, and the close code.
    func follow(
        _ command: String,
        version: String? = "0.226.1",
        hasBegun: OneShotEvent? = nil
    ) async throws -> (log: [UInt8], sizes: [Int], code: UInt16?) {
        var fields: HTTPFields = [(.authorization, "Bearer \(daytona.apiKey)")]
        if let version { fields.set("x-daytona-sdk-version", version) }
        let socket = try await client.openWebSocket(
            try HTTPURL("\(toolboxURL)\(command)/logs?follow=true"),
            fields: fields
        )
        var (log, sizes) = ([UInt8](), [Int]())
        while let message = try await socket.receive() {
            guard case .binary(let bytes) = message else { Issue.record("a text message"); break }
            log += bytes
            sizes.append(bytes.count)
            hasBegun?.fire()
        }
        var code: UInt16?
        if case .closed(let given, _)? = await socket.end { code = given?.rawValue }
        await socket.release()
        return (log, sizes, code)
    }

    func json(_ value: JSONValue) -> String { String(decoding: (try? value.serialized()) ?? [], as: UTF8.self) }
}
