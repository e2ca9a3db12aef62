import BenchmarkProtocol

/// The parts of an upload of many files: `files[N].path`, then `files[N].file`.
///
/// A file that fails does not stop the others.
struct BulkUpload {
    let files: RootedFiles
    /// The failures so far, each with its file.
    private(set) var errors = [String]()
    /// The files written so far, as the response shows them.
    private(set) var done = [JSONValue]()

    private var paths = [Int: String]()
    private var part = Part.ignored
    private var pathCount = 0
    private var fileCount = 0

    /// The maximum number of files in one request.
    static let maxFileCount = 10_000
    /// The kernel accepts no longer path than that.
    private static let maxPathBytes = 4096

    private enum Part {
        case path(index: Int, bytes: [UInt8])
        case file(IncomingFile)
        case ignored
    }

    init(files: RootedFiles) { self.files = files }

    /// Processes the header of a part.
    ///
    /// - Returns: whether the request is still within the maximum number of files.
    mutating func begin(_ fields: MultipartFields) async -> Bool {
        part = .ignored
        // files[3].path
        let words = (fields.name ?? "").split(whereSeparator: {
            "[].".unicodeScalars.contains($0.unicodeScalars.first ?? "-")
        })
        guard words.count == 3, words[0] == "files", let index = Int(words[1]) else { return true }
        switch words[2] {
        case "path":
            pathCount += 1
            part = .path(index: index, bytes: [])
        case "file":
            fileCount += 1
            if fileCount <= Self.maxFileCount { await beginFile(index) }
        default: break
        }
        return max(pathCount, fileCount) <= Self.maxFileCount
    }

    private mutating func beginFile(_ index: Int) async {
        guard let path = paths[index], !path.isEmpty else {
            errors.append("file[\(index)]: missing .path metadata")
            return
        }
        do { part = .file(try await IncomingFile(path, in: files)) } catch { fail(path, error) }
    }

    /// Processes bytes of the part.
    mutating func receive(_ bytes: [UInt8]) async {
        switch part {
        case .path(let index, let soFar):
            if soFar.count + bytes.count <= Self.maxPathBytes {
                part = .path(index: index, bytes: soFar + bytes)
            } else {
                errors.append("file[\(index)]: the path is too long")
                part = .ignored
            }
        case .file(var file):
            do {
                try file.write(bytes)
                part = .file(file)
            } catch {
                part = .ignored
                fail(file.path, error)
                await file.discard()
            }
        case .ignored: break
        }
    }

    /// Processes the end of the part.
    mutating func endPart() {
        switch part {
        case .path(let index, let bytes): paths[index] = Self.trimmed(bytes)
        case .file(let file): done.append(["path": .string(file.path), "bytes": .int(file.byteCount)])
        case .ignored: break
        }
        part = .ignored
    }

    /// Abandons the current part.
    mutating func breakOff() async {
        if case .file(let file) = part { await file.discard() }
        part = .ignored
    }

    private mutating func fail(_ path: String, _ error: any Error) {
        errors.append("\(path): \(APIError(error).message ?? "")")
    }

    private static func trimmed(_ bytes: [UInt8]) -> String {
        let text = String(decoding: bytes, as: UTF8.self).unicodeScalars
        let front = text.drop { $0.properties.isWhitespace }
        let blankCount = front.reversed().prefix { $0.properties.isWhitespace }.count
        return String(front.dropLast(blankCount))
    }
}
