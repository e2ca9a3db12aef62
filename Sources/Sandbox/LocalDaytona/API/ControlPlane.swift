import BenchmarkProtocol
import BenchmarkTransport

/// The routes below `/api`, which create, find, start, stop and delete sandboxes.
struct ControlPlane: Sendable {
    let registry: SandboxRegistry
    let toolboxURL: String
    let loop: EventLoop
    /// Receives messages for the server's user.
    let log: @Sendable (String) -> Void

    /// Answers an authenticated request.
    func reply(to request: APIRequest) async throws -> HTTPServerResponse {
        let segments = Array(request.segments)
        guard segments.first == "sandbox" else { throw notFound(request) }
        switch (request.method, segments.count) {
        case ("GET", 1): return .json(200, try await list(request))
        case ("POST", 1): return .json(200, try await create(try await request.jsonObject()))
        case ("GET", 2) where segments[1] == "paginated": return .json(200, try await paginated(request))
        case (_, 2...5):
            let sandbox = try await find(segments[1])
            return try await reply(to: request, about: sandbox, Array(segments.dropFirst(2)))
        default: throw notFound(request)
        }
    }

    private func notFound(_ request: APIRequest) -> APIError {
        APIError(404, "Cannot \(request.method) \(request.path)")
    }

    private func find(_ idOrName: String) async throws -> LocalSandbox {
        guard let sandbox = await registry.sandbox(idOrName: idOrName) else {
            throw APIError(404, "Sandbox with ID or name \(idOrName) not found")
        }
        return sandbox
    }

    private func reply(
        to request: APIRequest,
        about sandbox: LocalSandbox,
        _ rest: [String]
    ) async throws -> HTTPServerResponse {
        switch (request.method, rest.first, rest.count) {
        case ("GET", nil, 0): return json(await sandbox.record)
        case ("DELETE", nil, 0): return json(try await registry.destroy(sandbox))
        case ("POST", "start", 1): return json(try await start(sandbox))
        case ("POST", "stop", 1): return json(try await registry.stop(sandbox))
        case ("POST", "archive", 1):
            try await sandbox.archive()
            return json(await sandbox.record)
        case ("GET", "toolbox-proxy-url", 1): return .json(200, ["url": .string(toolboxURL)])
        case ("PUT", "labels", 1):
            let labels = try SandboxRecord.texts(try await request.jsonObject()["labels"], "labels")
            let record = await sandbox.update { $0.labels = labels }
            return .json(200, ["labels": SandboxRecord.json(record.labels)])
        case ("POST", "last-activity", 1):
            await sandbox.touch()
            return .empty(201)
        case ("POST", "resize", 1): return json(try await resize(sandbox, try await request.jsonObject()))
        case ("GET", "ports", 3): return .json(200, try await previewLink(sandbox, rest[1], rest[2], request))
        case ("POST", .some(let setting), 2):
            guard let minutes = Int(rest[1]) else { throw APIError(400, "\(setting) must be a number of minutes") }
            return json(try await set(setting, minutes, of: sandbox, request))
        default: throw notFound(request)
        }
    }

    private func json(_ record: SandboxRecord) -> HTTPServerResponse { .json(200, record.json(toolboxURL: toolboxURL)) }

    // MARK: One sandbox

    /// Creates a sandbox and returns it in its initial state.
    ///
    /// A sandbox from a snapshot is started before the response, which still shows the initial state; one from an image
    /// is started in the background.
    private func create(_ request: JSONObject) async throws -> JSONValue {
        let record = try SandboxRecord(id: RandomText.uuid(), creating: request)
        let sandbox = try await registry.add(record)
        if let dockerfile = record.dockerfile {
            let image = dockerfile.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
            log("sandbox \(record.id): '\(image)' is recorded, not built; commands see this machine's programs")
            loop.startTask { _ = try? await sandbox.start() }
        } else {
            try await start(sandbox)
        }
        return record.json(toolboxURL: toolboxURL)
    }

    /// Starts a sandbox, even if the client disconnects in the meantime: none is left half-started.
    @discardableResult
    private func start(_ sandbox: LocalSandbox) async throws -> SandboxRecord {
        try await loop.startThrowingTask { try await sandbox.start() }.value
        return await sandbox.record
    }

    private func set(
        _ setting: String,
        _ minutes: Int,
        of sandbox: LocalSandbox,
        _ request: APIRequest
    ) async throws -> SandboxRecord {
        switch setting {
        case "autostop" where minutes >= 0: return await sandbox.update { $0.autoStopMinutes = minutes }
        case "autoarchive" where minutes >= 0: return await sandbox.update { $0.autoArchiveMinutes = minutes }
        case "autodelete": return await sandbox.update { $0.autoDeleteMinutes = minutes }
        case "autostop", "autoarchive": throw APIError(400, "\(setting) must not be negative")
        default: throw notFound(request)
        }
    }

    /// Returns the link to a port of a sandbox.
    ///
    /// Sandboxes share the network of the machine, so that their ports are open to everybody on it.
    private func previewLink(
        _ sandbox: LocalSandbox,
        _ port: String,
        _ kind: String,
        _ request: APIRequest
    ) async throws -> JSONValue {
        guard ["preview-url", "signed-preview-url"].contains(kind) else { throw notFound(request) }
        guard let port = Int(port), (1...65_535).contains(port) else { throw APIError(400, "port is out of range") }
        let record = await sandbox.record
        var link: JSONObject = [
            "sandboxId": .string(record.id), "url": .string("http://127.0.0.1:\(port)"),
            "token": .string(record.previewToken),
        ]
        if kind == "signed-preview-url" {
            _ = try number("expiresInSeconds", in: request, 1...86_400)
            link["port"] = .int(port)
        }
        return .object(link)
    }

    private func resize(_ sandbox: LocalSandbox, _ request: JSONObject) async throws -> SandboxRecord {
        let (cpu, memory, disk) = (request["cpu"]?.intValue, request["memory"]?.intValue, request["disk"]?.intValue)
        guard [cpu, memory, disk].allSatisfy({ $0.map { $0 > 0 } ?? true }) else {
            throw APIError(400, "resources must be positive")
        }
        var asked = await sandbox.record.limits ?? ResourceLimits(cpu: nil, memory: nil, disk: nil)
        let changes = ResourceLimits(cpu: cpu, memory: memory, disk: disk)
        asked.cores = changes.cores ?? asked.cores
        asked.memoryBytes = changes.memoryBytes ?? asked.memoryBytes
        asked.diskBytes = changes.diskBytes ?? asked.diskBytes
        try await sandbox.limit(to: asked)
        return await sandbox.update {
            $0.resources.cpu = cpu ?? $0.resources.cpu
            $0.resources.memory = memory ?? $0.resources.memory
            $0.resources.disk = disk ?? $0.resources.disk
        }
    }

    // MARK: Lists

    private func list(_ request: APIRequest) async throws -> JSONValue {
        let limit = try number("limit", in: request, 1...200) ?? 100
        // The cursor is the number of sandboxes already listed.
        let offset = try number("cursor", in: request, 0...Int.max) ?? 0
        let records = try await filtered(request)
        let page = records.dropFirst(offset).prefix(limit)
        let end = offset + page.count
        return [
            "items": .array(page.map { $0.json(toolboxURL: toolboxURL) }),
            "nextCursor": end < records.count ? .string("\(end)") : .null,
        ]
    }

    private func paginated(_ request: APIRequest) async throws -> JSONValue {
        let limit = try number("limit", in: request, 1...200) ?? 100
        let page = try number("page", in: request, 1...1_000_000) ?? 1
        let records = try await filtered(request)
        return [
            "items": .array(
                records.dropFirst((page - 1) * limit).prefix(limit).map { $0.json(toolboxURL: toolboxURL) }
            ),
            "total": .int(records.count), "page": .int(page), "totalPages": .int((records.count + limit - 1) / limit),
        ]
    }

    private func number(_ name: String, in request: APIRequest, _ range: ClosedRange<Int>) throws -> Int? {
        guard let text = request.queryValue(name), !text.isEmpty else { return nil }
        guard let number = Int(text), range.contains(number) else { throw APIError(400, "\(name) is out of range") }
        return number
    }

    /// Returns the records that the query asks for, newest first unless it asks for the opposite.
    private func filtered(_ request: APIRequest) async throws -> [SandboxRecord] {
        let labels: [(name: String, value: String)]
        if let text = request.queryValue("labels"), !text.isEmpty {
            guard let value = try? JSONValue(parsing: Array(text.utf8)) else {
                throw APIError(400, "labels must be JSON")
            }
            labels = try SandboxRecord.texts(value, "labels")
        } else {
            labels = []
        }
        let states = request.query.filter { $0.name == "states" }.map(\.value)
        var records = [SandboxRecord]()
        for sandbox in await registry.all {
            let record = await sandbox.record
            let hasLabels = labels.allSatisfy { wanted in
                record.labels.contains { $0.name == wanted.name && $0.value == wanted.value }
            }
            let hasPrefixes =
                record.id.hasPrefix(request.queryValue("id") ?? "")
                && record.name.hasPrefix(request.queryValue("name") ?? "")
            let isListed = record.state != .destroying && record.state != .destroyed
            if hasLabels, hasPrefixes, isListed, states.isEmpty || states.contains(record.state.rawValue) {
                records.append(record)
            }
        }
        return request.queryValue("order") == "asc" ? records : records.reversed()
    }
}
