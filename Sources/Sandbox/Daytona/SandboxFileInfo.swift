import BenchmarkProtocol

/// A toolbox's description of a file or folder; for a link, of its target.
public struct SandboxFileInfo: Sendable, Hashable {
    /// The name, without the folder it is in.
    public let name: String
    /// The length in bytes.
    public let byteCount: Int
    /// Whether it is a folder.
    public let isFolder: Bool
    /// The kind and permissions as the daemon writes them: `-rw-r--r--`.
    public let mode: String
    /// The permissions in octal digits: `0644`.
    public let permissions: String
    /// The user it belongs to, by number.
    public let owner: String
    /// The group it belongs to, by number.
    public let group: String
    /// When it was last changed, in the format of RFC 3339, or in that of older daemons.
    public let modifiedAt: String

    init(_ json: JSONValue) throws(SandboxError) {
        guard let name = json["name"]?.stringValue, let byteCount = json["size"]?.intValue, byteCount >= 0 else {
            throw SandboxError(.protocolViolation, "the description of a file has no name or no size")
        }
        func text(_ key: String) -> String? { json[key].flatMap { $0.stringValue ?? $0.intValue.map(String.init) } }
        (self.name, self.byteCount) = (name, byteCount)
        isFolder = json["isDir"]?.boolValue ?? false
        (mode, permissions) = (text("mode") ?? "", text("permissions") ?? "")
        (owner, group) = (text("owner") ?? "", text("group") ?? "")
        modifiedAt = text("modifiedAt") ?? text("modTime") ?? ""
    }
}

/// A line of a file that contains a text searched for.
public struct SandboxTextMatch: Sendable, Hashable {
    /// The path of the file.
    public let path: String
    /// The number of the line, from 1.
    public let line: Int
    /// The line.
    public let content: String

    init(_ json: JSONValue) throws(SandboxError) {
        guard let path = json["file"]?.stringValue, let line = json["line"]?.intValue else {
            throw SandboxError(.protocolViolation, "a match has no file or no line")
        }
        (self.path, self.line, content) = (path, line, json["content"]?.stringValue ?? "")
    }
}

/// The outcome for one file in which a text was to be replaced.
public struct SandboxReplacement: Sendable, Hashable {
    /// The path of the file.
    public let path: String
    /// Why nothing was replaced; `nil` on success, even if there was nothing to replace.
    public let failure: String?

    init(_ json: JSONValue) throws(SandboxError) {
        guard let path = json["file"]?.stringValue else {
            throw SandboxError(.protocolViolation, "the result of a replacement has no file")
        }
        let isDone = json["success"]?.boolValue ?? (json["error"]?.stringValue ?? "").isEmpty
        (self.path, failure) = (path, isDone ? nil : json["error"]?.stringValue ?? "the server gives no reason")
    }
}
