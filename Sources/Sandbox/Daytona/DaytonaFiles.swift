import BenchmarkProtocol
import BenchmarkTransport

/// The files of a sandbox, apart from their contents.
///
/// Paths are absolute, or relative to the sandbox's working directory. Errors name the path.
extension DaytonaSandbox {
    /// Returns the contents of a folder.
    public func files(in folder: String = ".") async throws -> [SandboxFileInfo] {
        let answer = try await file("list", .get, "", [("path", folder)])
        return try Self.array(answer).map { item in try SandboxFileInfo(item) }
    }

    /// Returns the properties of a file or folder.
    public func fileInfo(_ path: String) async throws -> SandboxFileInfo {
        try SandboxFileInfo(try await file("look at", .get, "/info", [("path", path)]))
    }

    /// Creates a folder and its missing parents; an existing folder is left as it is.
    ///
    /// - Parameters:
    ///   - path: the path of the innermost folder.
    ///   - permissions: its permissions, for example `0o755`.
    public func createFolder(_ path: String, permissions: Int = 0o755) async throws {
        let mode = try Self.octal(permissions)
        _ = try await file("create folder", .post, "/folder", [("path", path), ("mode", mode)])
    }

    /// Deletes a file or folder.
    ///
    /// - Parameters:
    ///   - path: the path of the file or folder.
    ///   - recursive: whether to delete a folder with everything in it; must be true for a folder.
    public func deleteFile(_ path: String, recursive: Bool = false) async throws {
        let items = [("path", path)] + (recursive ? [("recursive", "true")] : [])
        _ = try await file("delete", .delete, "", items)
    }

    /// Renames a file or folder; throws `.conflict` if the destination exists.
    public func moveFile(_ source: String, to destination: String) async throws {
        try SandboxInput.checkPath(destination, "destination")
        _ = try await file("move", .post, "/move", [("source", source), ("destination", destination)])
    }

    /// Changes permissions, owner, and group; `nil` leaves the current value.
    ///
    /// - Parameters:
    ///   - path: the path of the file or folder.
    ///   - permissions: the permissions, for example `0o644`.
    ///   - owner: a user's name or number.
    ///   - group: a group's name or number.
    public func setPermissions(
        of path: String,
        to permissions: Int? = nil,
        owner: String? = nil,
        group: String? = nil
    ) async throws {
        var items = [("path", path)]
        if let permissions { items.append(("mode", try Self.octal(permissions))) }
        if let owner { items.append(("owner", owner)) }
        if let group { items.append(("group", group)) }
        _ = try await file("set permissions of", .post, "/permissions", items)
    }

    /// Returns the lines of the files below a folder that contain a text exactly as given.
    public func findText(_ text: String, in folder: String) async throws -> [SandboxTextMatch] {
        try SandboxInput.checkText(text, "text to look for")
        let answer = try await file("look for text in", .get, "/find", [("path", folder), ("pattern", text)])
        return try Self.array(answer).map { item in try SandboxTextMatch(item) }
    }

    /// Returns the paths of the files and folders below a folder whose names match a pattern such as `*.txt`.
    public func findFiles(named pattern: String, in folder: String) async throws -> [String] {
        try SandboxInput.checkText(pattern, "pattern")
        let answer = try await file("look for names in", .get, "/search", [("path", folder), ("pattern", pattern)])
        return try Self.array(answer["files"] ?? .null).compactMap(\.stringValue)
    }

    /// Replaces a text with another in files; a file that fails does not stop the others.
    public func replaceText(
        _ text: String,
        with replacement: String,
        in paths: [String]
    ) async throws -> [SandboxReplacement] {
        if paths.isEmpty { return [] }
        try SandboxInput.checkText(text, "text to replace")
        for path in paths { try SandboxInput.checkPath(path) }
        let answer = try await naming("cannot replace text") {
            try await client.call(
                .post,
                toolbox.appending("/files/replace"),
                json: [
                    "files": .array(paths.map { .string($0) }), "pattern": .string(text),
                    "newValue": .string(replacement),
                ]
            )
        }
        return try Self.array(answer).map { item in try SandboxReplacement(item) }
    }

    // MARK: The sandbox itself

    /// Returns the directory that relative paths start from.
    public func workingDirectory() async throws -> String { try await text("/work-dir", "dir") }

    /// Returns the home directory of the user that commands run as.
    public func homeDirectory() async throws -> String { try await text("/user-home-dir", "dir") }

    /// Returns the version of the toolbox.
    public func toolboxVersion() async throws -> String { try await text("/version", "version") }

    private func text(_ path: String, _ key: String) async throws -> String {
        guard let text = try await client.call(.get, toolbox.appending(path))[key]?.stringValue else {
            throw SandboxError(.protocolViolation, "the answer of \(path) has no \(key)")
        }
        return text
    }

    // MARK: Requests

    /// Sends a request about the file that the first item names.
    private func file(
        _ action: String,
        _ method: HTTPMethod,
        _ endpoint: String,
        _ items: [(String, String)]
    ) async throws -> JSONValue {
        let path = items.first?.1 ?? ""
        try SandboxInput.checkPath(path)
        let query = items.map { "\($0.0)=\(HTTPURL.escape($0.1))" }.joined(separator: "&")
        return try await naming("cannot \(action) \(path)") {
            try await client.call(method, toolbox.appending("/files\(endpoint)?\(query)"))
        }
    }

    private static func array(_ json: JSONValue) throws(SandboxError) -> [JSONValue] {
        // Servers may also write an empty list as null.
        if case .null = json { return [] }
        guard let items = json.arrayValue else {
            throw SandboxError(.protocolViolation, "the answer about files is not a list")
        }
        return items
    }

    private static func octal(_ permissions: Int) throws(SandboxError) -> String {
        guard (0...0o7777).contains(permissions) else {
            throw SandboxError(.invalidRequest, "\(permissions) is not a valid file mode")
        }
        return String(permissions, radix: 8)
    }
}
