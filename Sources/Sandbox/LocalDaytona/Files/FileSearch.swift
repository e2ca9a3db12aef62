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
    /// The maximum amount of text in one response, including ``bytesPerHit``.
    private static let maxFoundBytes = 64 * 1024 * 1024
    /// What each hit costs beside its text: an object in memory, and its names in the response.
    private static let bytesPerHit = 512

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
        try walk(path) { path, _, kind in
            // Opening another kind of file may have effects, such as on the writer of a named pipe.
            guard kind == Glibc.S_IFREG, let text = try? text(of: path) else { return }
            // The offset and the number of the next line to search.
            var (start, number) = (0, 1)
            while let hit = Self.position(of: pattern, in: text, from: start) {
                let passed = text[start..<hit]
                number += passed.count { $0 == 0x0A }
                let line = text[((passed.lastIndex(of: 0x0A) ?? start - 1) + 1)...].prefix { $0 != 0x0A }
                byteCount += path.utf8.count + line.count + Self.bytesPerHit
                guard byteCount <= Self.maxFoundBytes else {
                    throw APIError(
                        400,
                        "more than \(Self.maxFoundBytes) bytes are found, counting \(Self.bytesPerHit) for each line"
                    )
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
    ///
    /// - Parameter visit: takes the path, the name and the kind of the file, such as `S_IFREG`.
    private func walk(
        _ path: String,
        _ visit: (_ path: String, _ name: String, _ kind: mode_t) throws -> Void
    ) throws {
        var open = [path.utf8.last == UInt8(ascii: "/") && path.utf8.count > 1 ? String(path.dropLast()) : path]
        let info = try files.info(path)
        guard info.isDirectory else {
            return try visit(path, RootedFiles.split(path).name, FileInfo.kind(info.mode))
        }
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
                let kind = FileInfo.kind(status.st_mode)
                let child = folder == "/" ? "/\(name)" : "\(folder)/\(name)"
                try visit(child, name, kind)
                if kind == Glibc.S_IFDIR { folders.append(child) }
            }
            open += folders.reversed()
        }
    }

    /// Returns the content of a text file.
    ///
    /// - Throws: an error if it cannot be read, is too large, or has a zero byte near its beginning.
    private func text(of path: String) throws -> [UInt8] {
        let (file, byteCount) = try files.openForReading(path)
        guard byteCount <= Self.maxFileBytes else { throw FileError(number: EFBIG, path: path) }
        var bytes = [UInt8]()
        while true {
            let piece: [UInt8]
            do { piece = try file.read(maxCount: ToolboxFiles.maxPieceBytes) } catch {
                throw FileError(number: error.number, path: path)
            }
            if piece.isEmpty { break }
            bytes += piece
            // It may grow faster than it is read.
            if bytes.count > Self.maxFileBytes { throw FileError(number: EFBIG, path: path) }
        }
        if bytes.prefix(512).contains(0) { throw APIError(400, "binary file: \(path)") }
        return bytes
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
            let text = try text(of: path)
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
