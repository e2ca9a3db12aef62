import BenchmarkProtocol
import BenchmarkTransport

/// A sandbox of a Daytona deployment, reached through its toolbox.
public struct DaytonaSandbox: Sandbox {
    /// As it was described when it was looked up.
    public let info: SandboxInfo
    let toolbox: HTTPURL
    let client: DaytonaClient

    /// The id, by which services and the toolbox know it.
    public var id: String { info.id }

    /// Writes a file through the toolbox; errors name the path.
    public func upload(_ bytes: [UInt8], to path: String) async throws {
        let boundary = MultipartWriter.randomBoundary()
        var writer = MultipartWriter(boundary: boundary)
        writer.field(name: "files[0].path", value: path)
        writer.file(name: "files[0].file", filename: HTTPURL.escape(path), bytes)
        var request = HTTPClientRequest(.post, toolbox.appending("/files/bulk-upload"), fields: client.fields)
        request.fields.set(.contentType, "multipart/form-data; boundary=\(boundary)")
        request.body = .bytes(writer.finish())
        do { _ = try await client.send(request) } catch let error as SandboxError {
            throw SandboxError(error.code, "cannot upload \(path): \(error.message)")
        }
    }

    /// Reads a file through the toolbox; errors name the path.
    public func download(_ path: String, maxBytes: Int) async throws -> [UInt8] {
        let url = toolbox.appending("/files/download?path=\(HTTPURL.escape(path))")
        do {
            return try await client.send(HTTPClientRequest(.get, url, fields: client.fields), maxBodyBytes: maxBytes)
                .body
        } catch let error as SandboxError {
            throw SandboxError(error.code, "cannot download \(path): \(error.message)")
        }
    }

    /// Runs a short command through the toolbox.
    public func run(
        _ command: String,
        cwd: String?,
        environment: [(name: String, value: String)],
        timeout: Duration?
    ) async throws -> CommandResult {
        var body: JSONObject = ["command": .string(command)]
        if let cwd { body["cwd"] = .string(cwd) }
        if !environment.isEmpty {
            var variables = JSONObject()
            for (name, value) in environment { variables[name] = .string(value) }
            body["envs"] = .object(variables)
        }
        if let timeout { body["timeout"] = .int(Int(max(1, timeout.components.seconds))) }
        let answer = try await client.call(
            .post,
            toolbox.appending("/process/execute"),
            json: .object(body),
            timeout: timeout.map { $0 + .seconds(5) }
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
            let session = DaytonaSession(in: self, on: loop)
            let exitCode = try await session.run("cd \(cwd) && \(command)", writer)
            if exitCode != 0 && !ignoreError {
                throw SandboxError(.commandFailed, "Command failed with exit code \(exitCode)")
            }
        }
    }
}
