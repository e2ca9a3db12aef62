import BenchmarkProtocol
import BenchmarkTransport

/// Many files in one multipart response, one part each; a file that cannot be read is a part with an error.
struct BulkDownload: Sendable {
    let files: RootedFiles

    /// Returns the response to `{"paths":["/a","/b"]}`.
    func reply(to request: JSONObject) throws -> HTTPServerResponse {
        let paths = (request["paths"]?.arrayValue ?? []).compactMap(\.stringValue)
        guard !paths.isEmpty else {
            return .json(400, ["error": .string("request body must be {\"paths\": [ ... ]} and non-empty")])
        }
        // A fixed boundary could occur in a file.
        let boundary = "local-daytona-\(RandomText.hexadecimal(count: 32))"
        return HTTPServerResponse(
            status: .ok,
            fields: [(.contentType, "multipart/form-data; boundary=\(boundary)")],
            body: .stream(length: nil) { writer in
                for path in paths { try await part(path, boundary, writer) }
                try await writer.write(Array("--\(boundary)--\r\n".utf8))
            }
        )
    }

    private func part(
        _ path: String,
        _ boundary: String,
        _ writer: HTTPBodyWriter
    ) async throws {
        let head = { (name: String, fields: String) in
            let disposition = "form-data; name=\"\(name)\"; \(FileName.parameters(path))"
            return Array("--\(boundary)\r\nContent-Disposition: \(disposition)\r\n\(fields)\r\n\r\n".utf8)
        }
        do {
            let (file, byteCount) = try files.openForReading(path)
            try await writer.write(
                head("file", "Content-Length: \(byteCount)\r\nContent-Type: application/octet-stream")
            )
            try await file.copy(byteCount, to: writer)
        } catch let error as FileError where !error.path.isEmpty {
            try await writer.write(head("error", "Content-Type: application/json; charset=utf-8"))
            let reply = APIError(error).toolboxReply(to: path, method: "POST")
            if case .bytes(let bytes) = reply.body { try await writer.write(bytes) }
        }
        try await writer.write(Array("\r\n".utf8))
    }
}
