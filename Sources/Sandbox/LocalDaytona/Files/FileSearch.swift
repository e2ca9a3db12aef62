import BenchmarkProtocol
import BenchmarkTransport
import CLinux
import Glibc

/// Finds text and names below a folder, and replaces text in files.
struct FileSearch: Sendable {
    let files: RootedFiles

    /// The maximum number of entries that one request examines: the tree may be an entire system.
    private static let maxEntryCount = 200_000
    /// The maximum size of a file that is searched, or that a replacement produces.
    private static let maxFileBytes = 16 * 1024 * 1024
    /// The maximum amount of text in one response.
    private static let maxFoundBytes = 64 * 1024 * 1024

    /// Returns the response to `find`, `search` or `replace`.
    func reply(to request: APIRequest) async throws -> HTTPServerResponse {
        let work: @Sendable () throws -> JSONValue
        if request.method == "POST" {
            work = try replacement(try await request.jsonObject())
        } else {
            guard let pattern = request.queryValue("pattern"), !pattern.isEmpty else {
                throw APIError(400, "pattern is required")
            }
            let path = try request.filePath
            let isForNames = request.segments.first == "search"
            work = { isForNames ? try names(like: pattern, below: path) : try lines(with: pattern, below: path) }
        }
        // A tree can be large, and so can the response.
        return try await ServiceExecutor.system.run { .json(200, try work()) }
    }

    // MARK: Finding

    private func names(like pattern: String, below path: String) throws -> JSONValue {
        var found = [JSONValue]()
        try walk(path) { path, name, _ in
            if fnmatch(pattern, name, 0) == 0 { found.append(.string(path)) }
        }
        return ["files": .array(found)]
    }

    private func lines(with pattern: String, below path: String) throws -> JSONValue {
        let pattern = Array(pattern.utf8)
        // No line contains a line feed.
        if pattern.contains(0x0A) { return [] }
        var (found, byteCount) = ([JSONValue](), 0)
        try walk(path) { path, _, isDirectory in
            guard !isDirectory, let text = self.text(of: path) else { return }
            // The offset and the number of the next line to search.
            var (start, number) = (0, 1)
            while let hit = Self.position(of: pattern, in: text, from: start) {
                let passed = text[start..<hit]
                number += passed.count { $0 == 0x0A }
                let line = text[((passed.lastIndex(of: 0x0A) ?? start - 1) + 1)...].prefix { $0 != 0x0A }
                byteCount += path.utf8.count + line.count
                guard byteCount <= Self.maxFoundBytes else {
                    throw APIError(400, "more than \(Self.maxFoundBytes) bytes of text are found")
                }
                let content = String(decoding: line, as: UTF8.self)
                found.append(["file": .string(path), "line": .int(number), "content": .string(content)])
                (start, number) = (line.endIndex + 1, number + 1)
            }
        }
        return .array(found)
    }

    /// Calls `visit` for everything below a folder, parents first.
    ///
    /// Links are not followed.
    private func walk(
        _ path: String,
        _ visit: (_ path: String, _ name: String, _ isDirectory: Bool) throws -> Void
    ) throws {
        var open = [path.utf8.last == UInt8(ascii: "/") && path.utf8.count > 1 ? String(path.dropLast()) : path]
        guard try files.info(path).isDirectory else { return try visit(path, RootedFiles.split(path).name, false) }
        var count = 0
        while let folder = open.popLast() {
            guard let directory = try? files.open(folder, O_RDONLY | O_DIRECTORY),
                let names = try? RootedFiles.names(in: directory, folder)
            else { continue }
            var folders = [String]()
            for name in names {
                // The client may have disconnected.
                try Task.checkCancellation()
                count += 1
                if count > Self.maxEntryCount { return }
                var status = stat()
                guard fstatat(directory.number, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { continue }
                let isDirectory = FileInfo.kind(status.st_mode) == Glibc.S_IFDIR
                let child = folder == "/" ? "/\(name)" : "\(folder)/\(name)"
                try visit(child, name, isDirectory)
                if isDirectory { folders.append(child) }
            }
            open += folders.reversed()
        }
    }

    /// Returns the content of a file; `nil` if it cannot be read, is too large, or has a zero byte near its beginning.
    private func text(of path: String) -> [UInt8]? {
        guard let (file, byteCount) = try? files.openForReading(path), byteCount <= Self.maxFileBytes else {
            return nil
        }
        var bytes = [UInt8]()
        while let piece = try? file.read(maxCount: ToolboxFiles.maxPieceBytes), !piece.isEmpty {
            bytes += piece
            // It may grow faster than it is read.
            if bytes.count > Self.maxFileBytes { return nil }
        }
        return bytes.prefix(512).contains(0) ? nil : bytes
    }

    /// Returns the offset of the next occurrence of a pattern, which must not be empty.
    private static func position(of pattern: [UInt8], in bytes: [UInt8], from start: Int) -> Int? {
        if start >= bytes.count { return nil }
        let offset = bytes.withUnsafeBytes { all in
            let rest = UnsafeRawBufferPointer(rebasing: all[start...])
            return clinux_find(rest.baseAddress, rest.count, pattern, pattern.count)
        }
        return offset < 0 ? nil : start + offset
    }

    // MARK: Replacing

    private func replacement(_ request: JSONObject) throws -> @Sendable () throws -> JSONValue {
        let paths = (request["files"]?.arrayValue ?? []).compactMap(\.stringValue)
        guard !paths.isEmpty, let pattern = request["pattern"]?.stringValue, !pattern.isEmpty,
            let replacement = request["newValue"]?.stringValue
        else { throw APIError(400, "files, pattern and newValue are required") }
        return { .array(paths.map { replace(Array(pattern.utf8), Array(replacement.utf8), in: $0) }) }
    }

    private func replace(_ pattern: [UInt8], _ replacement: [UInt8], in path: String) -> JSONValue {
        do {
            _ = try files.openForReading(path)
            guard let text = text(of: path) else { throw FileError(number: EFBIG, path: path) }
            var (start, replaced) = (0, [UInt8]())
            func add(_ bytes: some Collection<UInt8>) throws {
                guard replaced.count + bytes.count <= Self.maxFileBytes else {
                    throw APIError(400, "the text would be longer than \(Self.maxFileBytes) bytes: \(path)")
                }
                replaced += bytes
            }
            while let hit = Self.position(of: pattern, in: text, from: start) {
                try add(text[start..<hit])
                try add(replacement)
                start = hit + pattern.count
            }
            try add(text[start...])
            try files.create(path).write(replaced, path: path)
            return ["file": .string(path), "success": .bool(true)]
        } catch {
            return ["file": .string(path), "success": .bool(false), "error": .string(APIError(error).message ?? "")]
        }
    }
}
