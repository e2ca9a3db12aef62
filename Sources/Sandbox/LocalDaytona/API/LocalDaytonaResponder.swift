import BenchmarkProtocol
import BenchmarkTransport

/// Receives every request, checks its key, and hands it to the control plane or to a toolbox.
struct LocalDaytonaResponder: HTTPResponder {
    let apiKey: String
    let registry: SandboxRegistry
    let controlPlane: ControlPlane
    let toolbox: Toolbox
    /// The origin of all URLs, such as `http://127.0.0.1:3986`.
    let origin: String
    let faults: FaultInjector

    nonisolated(nonsending) func respond(to request: HTTPServerRequest) async -> HTTPServerResponse {
        let segments = APIRequest.segments(request.head.rawPath)
        var names = ["content-type", "upgrade", "sec-websocket-protocol", "x-daytona-sdk-version"]
        names += ["x-daytona-split-output", "x-daytona-skip-last-activity-update"]
        var fields = [String: String]()
        for name in names { fields[name] = request.head.fields[name] }
        var api = APIRequest(
            method: request.head.method.rawValue,
            path: request.head.rawPath,
            segments: segments[...],
            query: request.head.queryItems,
            fields: fields,
            body: request.body
        )
        let isAuthenticated = isAuthenticated(request.head)
        switch segments.first {
        case "api":
            api.take(prefix: 1)
            return await faults.answering(api, failure: { $0.controlPlaneReply(to: api.path) }) {
                await replyOfControlPlane(to: api, isAuthenticated)
            }
        case "toolbox" where segments.count >= 2:
            api.take(prefix: 2)
            return await faults.answering(api, failure: { toolboxFailure($0, to: api, about: segments[1]) }) {
                await replyOfToolbox(to: api, about: segments[1], isAuthenticated)
            }
        case "faults" where segments.count == 1:
            do {
                guard isAuthenticated else { throw APIError(401, "Invalid credentials") }
                return try await faults.reply(to: api)
            } catch {
                return APIError(error).controlPlaneReply(to: api.path)
            }
        default: return APIError(404, "Cannot \(api.method) \(api.path)").controlPlaneReply(to: api.path)
        }
    }

    /// Compares the whole key, so that the time taken does not reveal how much of it was right.
    private func isAuthenticated(_ head: HTTPRequestHead) -> Bool {
        let (given, wanted) = (Array((head.fields[.authorization] ?? "").utf8), Array("Bearer \(apiKey)".utf8))
        guard given.count == wanted.count else { return false }
        return zip(given, wanted).reduce(into: UInt8(0)) { $0 |= $1.0 ^ $1.1 } == 0
    }

    private nonisolated(nonsending) func replyOfControlPlane(
        to request: APIRequest,
        _ isAuthenticated: Bool
    ) async -> HTTPServerResponse {
        switch (request.method, request.segments.first) {
        case ("GET", "config") where request.segments.count == 1: return .json(200, deploymentFacts)
        // Without the event socket, clients poll.
        case (_, "socket.io"):
            return APIError(404, "Cannot \(request.method) \(request.path)").controlPlaneReply(to: request.path)
        default: break
        }
        do {
            guard isAuthenticated else { throw APIError(401, "Invalid credentials") }
            return try await controlPlane.reply(to: request)
        } catch {
            return APIError(error).controlPlaneReply(to: request.path)
        }
    }

    private nonisolated(nonsending) func replyOfToolbox(
        to request: APIRequest,
        about id: String,
        _ isAuthenticated: Bool
    ) async -> HTTPServerResponse {
        do {
            // A wrong key and an unknown sandbox get the same response.
            guard isAuthenticated, let sandbox = await registry.sandbox(id: id) else {
                throw APIError(401, "unauthorized: authentication failed: Bearer token is invalid")
            }
            if request.fields["x-daytona-skip-last-activity-update"] == "true" {
                return try await toolbox.reply(to: request, about: sandbox)
            }
            let activity = await sandbox.beginRequest()
            defer { withExtendedLifetime(activity) {} }
            return try await toolbox.reply(to: request, about: sandbox).keepingOpen(activity)
        } catch {
            return toolboxFailure(APIError(error), to: request, about: id)
        }
    }

    private func toolboxFailure(_ error: APIError, to request: APIRequest, about id: String) -> HTTPServerResponse {
        let prefix = "/toolbox/\(id)"
        let path = request.path.hasPrefix(prefix) ? String(request.path.dropFirst(prefix.count)) : request.path
        return error.toolboxReply(to: path, method: request.method)
    }

    private var deploymentFacts: JSONValue {
        [
            "version": .string(SandboxRecord.daemonVersion),
            "oidc": ["issuer": .string(""), "clientId": .string(""), "audience": .string("")],
            "proxyToolboxUrl": .string("\(origin)/toolbox"), "proxyTemplateUrl": .string("\(origin)/proxy"),
            "defaultSnapshot": .string("local"), "dashboardUrl": .string(origin),
            "maxAutoArchiveInterval": .int(43_200), "maintananceMode": .bool(false), "environment": .string("local"),
        ]
    }
}
