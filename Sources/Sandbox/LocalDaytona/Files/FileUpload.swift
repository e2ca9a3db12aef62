import BenchmarkProtocol
import BenchmarkTransport

/// Receives uploads: files that are parts of a multipart body, or the body itself, are written as they arrive.
///
/// Nothing is kept of a file whose upload is interrupted.
struct FileUpload: Sendable {
    let files: RootedFiles

    /// Receives many files as `files[N].path` and `files[N].file`, each path before its content.
    func receiveMany(_ request: APIRequest) async throws -> HTTPServerResponse {
        guard var parser = Self.parser(for: request) else { return Self.failed(["invalid multipart form"]) }
        var upload = BulkUpload(files: files)
        do {
            reading: while let event = try await Self.next(&parser, request) {
                switch event {
                case .part(let fields):
                    guard await upload.begin(fields) else {
                        return Self.failed(upload.errors + ["more than \(BulkUpload.maxFileCount) files"], upload.done)
                    }
                case .body(let bytes): await upload.receive(bytes)
                case .partEnd: upload.endPart()
                case .end: break reading
                case .failed:
                    await upload.breakOff()
                    return Self.failed(["invalid multipart form"])
                }
            }
            while try await request.body.next() != nil {}
        } catch {
            await upload.breakOff()
            throw error
        }
        guard upload.errors.isEmpty else { return Self.failed(upload.errors, upload.done) }
        return .json(200, ["files": .array(upload.done)])
    }

    /// Receives one file: the field `file` of a multipart body, or a body that is not multipart.
    func receiveOne(_ request: APIRequest, at path: String) async throws {
        var file: IncomingFile?
        do {
            if let parser = Self.parser(for: request) {
                try await receiveField(request, parser, at: path, &file)
            } else {
                var whole = try await IncomingFile(path, in: files)
                file = whole
                while let bytes = try await request.body.next() { try whole.write(bytes) }
            }
        } catch {
            await file?.discard()
            throw error
        }
    }

    /// - Parameter file: the file while it is being received.
    private func receiveField(
        _ request: APIRequest,
        _ parser: MultipartParser,
        at path: String,
        _ file: inout IncomingFile?
    ) async throws {
        var (parser, isWritten) = (parser, false)
        while let event = try await Self.next(&parser, request) {
            switch event {
            case .part(let fields) where !isWritten && fields.name == "file":
                file = try await IncomingFile(path, in: files)
            case .body(let bytes): try file?.write(bytes)
            case .partEnd:
                isWritten = isWritten || file != nil
                file = nil
            case .part, .end: break
            case .failed(let reason): throw APIError(400, "invalid multipart form: \(reason)")
            }
        }
        guard isWritten else { throw APIError(400, "the form has no file") }
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

    /// Returns the next event, reading as much of the body as needed; `nil` after the last one.
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
