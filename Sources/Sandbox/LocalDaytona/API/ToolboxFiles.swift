import BenchmarkProtocol
import BenchmarkTransport
import CLinux
import Glibc

/// The toolbox's routes below `/files`.
struct ToolboxFiles: Sendable {
    /// The maximum number of bytes read from a file at once.
    static let maxPieceBytes = 64 * 1024

    /// Answers a request; the segments are those after `files`.
    func reply(to request: APIRequest, about sandbox: LocalSandbox) async throws -> HTTPServerResponse {
        let space = try await sandbox.activeSpace()
        let files = space.files
        guard request.segments.count <= 1 else { throw APIError(404, "not found: no such endpoint") }
        if request.method == "POST", request.segments.first?.contains("upload") == true, await sandbox.isOverQuota {
            throw APIError(400, "no space left on device")
        }
        switch (request.method, request.segments.first) {
        case ("GET", nil): return try await list(request, files)
        case ("DELETE", nil):
            try await delete(request.filePath, recursive: request.isTrue("recursive"), files, sandbox.loop)
            return .empty(204)
        case ("GET", "download"): return try download(request.filePath, files)
        case ("POST", "bulk-download"): return try await BulkDownload(files: files).reply(to: request.jsonObject())
        case ("POST", "bulk-upload"): return try await FileUpload(files: files).receiveMany(request)
        case ("POST", "upload"):
            try await FileUpload(files: files).receiveOne(request, at: request.filePath)
            return .empty(200)
        case ("POST", "upload-v2"):
            let path = try request.filePath
            try await FileUpload(files: files).receiveOne(request, at: path)
            let name = RootedFiles.split(files.absolute(path)).name
            return .json(200, ["name": .string(name), "path": .string(path), "type": .string("file")])
        case ("GET", "info"):
            let path = try request.filePath
            return .json(200, try await ServiceExecutor.system.run { try files.info(path) }.json)
        case ("POST", "folder"):
            let mode = try Self.mode(request.queryValue("mode")) ?? 0o755
            let path = try request.filePath
            try await ServiceExecutor.system.run { try files.makeDirectories(path, mode: mode) }
            return .empty(201)
        case ("POST", "move"): return try await move(request, files)
        case ("POST", "permissions"): return try await setPermissions(request, files)
        case ("GET", "find"), ("GET", "search"), ("POST", "replace"):
            return try await FileSearch(files: files).reply(to: request)
        default: throw APIError(404, "not found: no such endpoint")
        }
    }

    private func list(_ request: APIRequest, _ files: RootedFiles) async throws -> HTTPServerResponse {
        let path = request.queryValue("path").flatMap { $0.isEmpty ? nil : $0 } ?? "."
        return try await ServiceExecutor.system.run { .json(200, .array(try files.list(path).map(\.json))) }
    }

    private func download(_ path: String, _ files: RootedFiles) throws -> HTTPServerResponse {
        let (file, byteCount) = try files.openForReading(path)
        let name = RootedFiles.split(files.absolute(path)).name
        return HTTPServerResponse(
            status: .ok,
            fields: [
                (.contentType, "application/octet-stream"), (.acceptRanges, "bytes"),
                (.contentDisposition, "attachment; \(FileName.parameters(name))"),
            ],
            body: .stream(length: byteCount) { writer in try await file.copy(byteCount, to: writer) }
        )
    }

    private func delete(
        _ path: String,
        recursive: Bool,
        _ files: RootedFiles,
        _ loop: EventLoop
    ) async throws {
        let (directory, name) = try files.parent(of: path)
        let isFolder = try await ServiceExecutor.system.run {
            var status = stat()
            guard fstatat(directory.number, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { throw FileError.last(path) }
            if FileInfo.kind(status.st_mode) == Glibc.S_IFDIR { return true }
            // Removing a large file takes a while, because its disk space is freed piece by piece.
            guard unlinkat(directory.number, name, 0) == 0 else { throw FileError.last(path) }
            return false
        }
        guard isFolder else { return }
        guard recursive else { throw FileError(number: EISDIR, path: path) }
        await directory.removeTree(named: name, on: loop)
        var status = stat()
        // It may be one that cannot be removed, such as a folder of the host.
        guard fstatat(directory.number, name, &status, AT_SYMLINK_NOFOLLOW) != 0 else {
            throw FileError(number: EPERM, path: path)
        }
    }

    private func move(_ request: APIRequest, _ files: RootedFiles) async throws -> HTTPServerResponse {
        guard let source = request.queryValue("source"), let destination = request.queryValue("destination") else {
            throw APIError(400, "source and destination are required")
        }
        try await ServiceExecutor.system.run { try files.move(source, to: destination) }
        return .empty(200)
    }

    private func setPermissions(_ request: APIRequest, _ files: RootedFiles) async throws -> HTTPServerResponse {
        let path = try request.filePath
        let mode = try Self.mode(request.queryValue("mode"))
        let (owner, group) = (request.queryValue("owner"), request.queryValue("group"))
        // Looking up user names may involve another machine.
        try await ServiceExecutor.system.run {
            let owner = try Self.number(owner, among: Self.userID)
            let group = try Self.number(group, among: Self.groupID)
            try files.setPermissions(path, mode: mode, owner: owner, group: group)
        }
        return .empty(200)
    }

    private static func mode(_ text: String?) throws -> mode_t? {
        guard let text, !text.isEmpty else { return nil }
        guard let mode = mode_t(text, radix: 8), mode <= 0o7777 else { throw APIError(400, "invalid mode: \(text)") }
        return mode
    }

    private static func number(_ text: String?, among names: (String) -> UInt32?) throws -> UInt32? {
        guard let text, !text.isEmpty else { return nil }
        guard let number = UInt32(text) ?? names(text) else { throw APIError(400, "unknown user or group: \(text)") }
        return number
    }

    private static func userID(_ name: String) -> UInt32? {
        var (user, found) = (passwd(), UnsafeMutablePointer<passwd>?.none)
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: maxEntryBytes) { buffer in
            guard let start = buffer.baseAddress else { return }
            _ = getpwnam_r(name, &user, start, buffer.count, &found)
        }
        return found == nil ? nil : user.pw_uid
    }

    private static func groupID(_ name: String) -> UInt32? {
        var (entry, found) = (group(), UnsafeMutablePointer<group>?.none)
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: maxEntryBytes) { buffer in
            guard let start = buffer.baseAddress else { return }
            _ = getgrnam_r(name, &entry, start, buffer.count, &found)
        }
        return found == nil ? nil : entry.gr_gid
    }

    /// The maximum size of a user or group entry; a group with more members is not found.
    private static let maxEntryBytes = 64 * 1024
}

extension HTTPField.Name {
    fileprivate static let acceptRanges = Self("accept-ranges") ?? .accept
}

extension FileInfo {
    /// The FileInfo object of the API.
    var json: JSONValue {
        [
            "name": .string(name), "size": .int(size), "mode": .string(modeText),
            "modTime": .string(modified.spelledOut), "modifiedAt": .string(modified.nanosecondsZulu),
            "isDir": .bool(isDirectory), "owner": .string("\(owner)"), "group": .string("\(group)"),
            "permissions": .string(permissions),
        ]
    }
}
