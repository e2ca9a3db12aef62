import BenchmarkProtocol
import BenchmarkTransport

/// Uploads: files come in as parts of a multipart body, or as the body itself, and are written as they come.
struct FileUpload: Sendable {
    let files: RootedFiles

    /// `files[N].path` and `files[N].file`, the path before the content.
    ///
    /// A file that fails does not stop the others.
    func receiveMany(_ request: APIRequest) async throws -> HTTPServerResponse {
        guard var parser = Self.parser(for: request) else { return Self.failed(["invalid multipart form"]) }
        var (paths, errors, done) = ([String: String](), [String](), [JSONValue]())
        var part = Part.ignored
        var event = try await Self.next(&parser, request)
        reading: while let current = event {
            switch current {
            case .part(let fields): part = begin(fields, paths, &errors)
            case .body(let bytes): part.receive(bytes, &errors)
            case .partEnd:
                switch part {
                case .path(let index, let bytes): paths[index] = Self.trimmed(bytes)
                case .file(let path, _, let byteCount):
                    done.append(["path": .string(path), "bytes": .int(byteCount)])
                case .ignored: break
                }
            case .end: break reading
            case .failed: return Self.failed(["invalid multipart form"])
            }
            event = try await Self.next(&parser, request)
        }
        while try await request.body.next() != nil {}
        guard errors.isEmpty else { return Self.failed(errors, done) }
        return .json(200, ["files": .array(done)])
    }

    /// The field `file` of a multipart body, or a body that is none.
    func receiveOne(_ request: APIRequest, at path: String) async throws {
        guard var parser = Self.parser(for: request) else {
            let file = try files.create(path)
            while let bytes = try await request.body.next() { try file.write(bytes, path: path) }
            return
        }
        var file: Descriptor?
        var isWritten = false
        while let event = try await Self.next(&parser, request) {
            switch event {
            case .part(let fields) where !isWritten && fields.name == "file": file = try files.create(path)
            case .body(let bytes): try file?.write(bytes, path: path)
            case .partEnd:
                isWritten = isWritten || file != nil
                file = nil
            case .part, .end: break
            case .failed(let reason): throw APIError(400, "invalid multipart form: \(reason)")
            }
        }
        guard isWritten else { throw APIError(400, "the form has no file") }
    }

    // MARK: Parts

    private enum Part {
        case path(index: String, bytes: [UInt8])
        case file(path: String, Descriptor, byteCount: Int)
        case ignored

        mutating func receive(_ bytes: [UInt8], _ errors: inout [String]) {
            switch self {
            case .path(let index, let soFar) where soFar.count + bytes.count <= 64 * 1024:
                self = .path(index: index, bytes: soFar + bytes)
            case .path(let index, _):
                errors.append("file[\(index)]: the path is too long")
                self = .ignored
            case .file(let path, let file, let byteCount):
                do {
                    try file.write(bytes, path: path)
                    self = .file(path: path, file, byteCount: byteCount + bytes.count)
                } catch {
                    errors.append("\(path): \(error.message)")
                    self = .ignored
                }
            case .ignored: break
            }
        }
    }

    private func begin(_ fields: MultipartFields, _ paths: [String: String], _ errors: inout [String]) -> Part {
        // files[3].path
        let words = (fields.name ?? "").split(whereSeparator: {
            "[].".unicodeScalars.contains($0.unicodeScalars.first ?? "-")
        })
        guard words.count == 3, words[0] == "files" else { return .ignored }
        let index = String(words[1])
        if words[2] == "path" { return .path(index: index, bytes: []) }
        guard words[2] == "file" else { return .ignored }
        guard let path = paths[index], !path.isEmpty else {
            errors.append("file[\(index)]: missing .path metadata")
            return .ignored
        }
        do {
            return .file(path: path, try files.create(path), byteCount: 0)
        } catch {
            errors.append("\(path): \(error.message)")
            return .ignored
        }
    }

    private static func trimmed(_ bytes: [UInt8]) -> String {
        let text = String(decoding: bytes, as: UTF8.self).unicodeScalars
        let front = text.drop { $0.properties.isWhitespace }
        let blankCount = front.reversed().prefix { $0.properties.isWhitespace }.count
        return String(front.dropLast(blankCount))
    }

    // MARK: Bodies

    private static func parser(for request: APIRequest) -> MultipartParser? {
        let type = HeaderParameters(request.fields["content-type"] ?? "")
        // RFC 2046 §5.1.1: a boundary has at most 70 characters.
        guard type.value.utf8.starts(with: "multipart/".utf8), let boundary = type["boundary"],
            (1...70).contains(boundary.utf8.count)
        else { return nil }
        return MultipartParser(boundary: boundary)
    }

    /// The next event, for which the body is read as far as needed; nil behind the closing one.
    private static func next(
        _ parser: inout MultipartParser,
        _ request: APIRequest
    ) async throws -> MultipartParser.Event? {
        while true {
            if let event = parser.next() { return event }
            if parser.isFinished { return nil }
            guard let bytes = try await request.body.next() else { return parser.receiveEnd() }
            parser.receive(bytes)
        }
    }

    private static func failed(_ errors: [String], _ done: [JSONValue]? = nil) -> HTTPServerResponse {
        var object: JSONObject = ["errors": .array(errors.map { .string($0) })]
        if let done { object["files"] = done.isEmpty ? .null : .array(done) }
        return .json(400, .object(object))
    }
}
