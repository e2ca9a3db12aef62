import BenchmarkProtocol
import BenchmarkTransport
import CLinux
import Glibc

/// Looking for text and names below a folder, and replacing text in files.
struct FileSearch: Sendable {
    let files: RootedFiles

    /// The most entries that one request looks at: the tree may be somebody's whole system.
    private static let maxEntryCount = 200_000
    /// The largest file whose text is looked at.
    private static let maxFileBytes = 16 * 1024 * 1024

    /// Answers `find`, `search` or `replace`.
    func reply(to request: APIRequest) async throws -> HTTPServerResponse {
        if request.method == "POST" { return try await replace(request.jsonObject()) }
        guard let pattern = request.queryValue("pattern"), !pattern.isEmpty else {
            throw APIError(400, "pattern is required")
        }
        let path = try request.filePath
        if request.segments.first == "search" {
            var found = [JSONValue]()
            try walk(path) { path, name, _ in
                if fnmatch(pattern, name, 0) == 0 { found.append(.string(path)) }
            }
            return .json(200, ["files": .array(found)])
        }
        var found = [JSONValue]()
        try walk(path) { path, _, isDirectory in
            guard !isDirectory, let text = self.text(of: path) else { return }
            for (index, line) in text.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated()
            where Self.contains(line, pattern) {
                let content = String(decoding: line, as: UTF8.self)
                found.append(["file": .string(path), "line": .int(index + 1), "content": .string(content)])
            }
        }
        return .json(200, .array(found))
    }

    /// Calls `visit` for everything below a folder, parents first.
    ///
    /// Links are not followed.
    private func walk(_ path: String, _ visit: (_ path: String, _ name: String, _ isDirectory: Bool) -> Void) throws {
        var open = [path.utf8.last == UInt8(ascii: "/") && path.utf8.count > 1 ? String(path.dropLast()) : path]
        guard try files.info(path).isDirectory else { return visit(path, RootedFiles.split(path).name, false) }
        var count = 0
        while let folder = open.popLast() {
            guard let directory = try? files.open(folder, O_RDONLY | O_DIRECTORY),
                let names = try? RootedFiles.names(in: directory, folder)
            else { continue }
            var folders = [String]()
            for name in names {
                count += 1
                if count > Self.maxEntryCount { return }
                var status = stat()
                guard fstatat(directory.number, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { continue }
                let isDirectory = FileInfo.kind(status.st_mode) == Glibc.S_IFDIR
                let child = folder == "/" ? "/\(name)" : "\(folder)/\(name)"
                visit(child, name, isDirectory)
                if isDirectory { folders.append(child) }
            }
            open += folders.reversed()
        }
    }

    /// The content of a file; nil if it cannot be read, is large, or has a zero byte near its beginning.
    private func text(of path: String) -> [UInt8]? {
        guard let (file, byteCount) = try? files.openForReading(path), byteCount <= Self.maxFileBytes else {
            return nil
        }
        var bytes = [UInt8]()
        while let piece = try? file.read(maxCount: ToolboxFiles.maxPieceBytes), !piece.isEmpty { bytes += piece }
        return bytes.prefix(512).contains(0) ? nil : bytes
    }

    private static func contains(_ line: ArraySlice<UInt8>, _ pattern: String) -> Bool {
        position(of: Array(pattern.utf8), in: line) != nil
    }

    /// Where a text that is not empty first occurs.
    private static func position(of pattern: [UInt8], in bytes: ArraySlice<UInt8>) -> Int? {
        var rest = bytes
        while let start = rest.firstIndex(of: pattern[0]) {
            rest = rest[start...]
            if rest.starts(with: pattern) { return start }
            rest = rest.dropFirst()
        }
        return nil
    }

    private func replace(_ request: JSONObject) async throws -> HTTPServerResponse {
        let paths = (request["files"]?.arrayValue ?? []).compactMap(\.stringValue)
        guard !paths.isEmpty, let pattern = request["pattern"]?.stringValue, !pattern.isEmpty,
            let replacement = request["newValue"]?.stringValue
        else { throw APIError(400, "files, pattern and newValue are required") }
        return .json(200, .array(paths.map { replace(Array(pattern.utf8), Array(replacement.utf8), in: $0) }))
    }

    private func replace(_ pattern: [UInt8], _ replacement: [UInt8], in path: String) -> JSONValue {
        do {
            _ = try files.openForReading(path)
            guard let text = text(of: path) else { throw FileError(number: EFBIG, path: path) }
            var (rest, replaced) = (text[...], [UInt8]())
            while let position = Self.position(of: pattern, in: rest) {
                replaced += rest[..<position]
                replaced += replacement
                rest = rest[(position + pattern.count)...]
            }
            try files.create(path).write(replaced + rest, path: path)
            return ["file": .string(path), "success": .bool(true)]
        } catch {
            return ["file": .string(path), "success": .bool(false), "error": .string(APIError(error).message ?? "")]
        }
    }
}
