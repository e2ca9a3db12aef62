import BenchmarkProtocol
import BenchmarkTransport

extension DaytonaSandbox {
    /// Writes a file through the toolbox; errors name the path.
    public func upload(_ bytes: [UInt8], to path: String) async throws { try await upload([.bytes(bytes, to: path)]) }

    /// Writes the content of a local file of any size.
    public func uploadFile(_ localPath: String, to path: String) async throws {
        try await upload([.file(localPath, to: path)])
    }

    /// Writes files, replacing existing ones and creating missing folders.
    ///
    /// A file that the server refuses does not stop the others, but makes this throw. However, files whose paths start
    /// or end with white space are sent one by one, before the others, and the first one refused stops the rest.
    ///
    /// Contents are read only as fast as the server takes them. There is no time limit as long as bytes keep moving.
    public func upload(_ files: [SandboxUpload]) async throws {
        for file in files { try SandboxInput.checkPath(file.path) }
        // The server trims white space from the ends of a path, but not from one in the query.
        let hasBlankEnds = { (file: SandboxUpload) in
            file.path.unicodeScalars.first?.properties.isWhitespace == true
                || file.path.unicodeScalars.last?.properties.isWhitespace == true
        }
        for file in files where hasBlankEnds(file) {
            let url = toolbox.appending("/files/upload?path=\(HTTPURL.escape(file.path))")
            try await send(UploadForm(files: [try await file.open()], isSingle: true), to: url)
        }
        let others = files.filter { !hasBlankEnds($0) }
        if others.isEmpty { return }
        var opened: [OpenUpload] = []
        for file in others { opened.append(try await file.open()) }
        try await send(UploadForm(files: opened, isSingle: false), to: toolbox.appending("/files/bulk-upload"))
    }

    private func send(_ form: UploadForm, to url: HTTPURL) async throws {
        var request = HTTPClientRequest(.post, url, fields: client.fields)
        request.fields.set(.contentType, form.multipart.contentType)
        request.bodyIsReplayable = form.files.allSatisfy(\.isReplayable)
        let counts = Locked<[Int]>([])
        request.body = .stream(length: form.byteCount) { writer in
            let sent = try await form.write { try await writer.write($0) }
            counts.withLock { $0 = sent }
        }
        let paths = form.files.map(\.path).joined(separator: ", ")
        try await naming("cannot upload \(paths)") {
            let answer = try await client.send(request)
            try Self.check(answer, counts.withLock { $0 })
        }
    }

    /// Checks that the server has kept all the bytes it was sent, if it says how many it has kept.
    private static func check(_ answer: [UInt8], _ sent: [Int]) throws(SandboxError) {
        guard let files = (try? JSONValue(parsing: answer))?["files"]?.arrayValue else { return }
        for (file, count) in zip(files, sent) {
            guard let kept = file["bytes"]?.intValue, kept != count else { continue }
            throw SandboxError(.protocolViolation, "the server has kept \(kept) of \(count) bytes")
        }
    }
}

/// A multipart body with files in it, produced as it is sent.
struct UploadForm: Sendable {
    let multipart = MultipartWriter()
    let files: [OpenUpload]
    /// Whether the body is the single field `file` instead of any number of files with their paths.
    let isSingle: Bool

    /// The length of the whole body, if the length of every file is known.
    var byteCount: Int? {
        var total = multipart.end.count
        for (index, file) in files.enumerated() {
            guard let length = file.length else { return nil }
            total += head(of: file, index).count + length + MultipartWriter.partEnd.count
        }
        return total
    }

    private func head(of file: OpenUpload, _ index: Int) -> [UInt8] {
        let filename = HTTPURL.escape(file.path)
        if isSingle { return multipart.fileHead(name: "file", filename: filename) }
        // The path precedes the content, or the server would not know where to put it.
        return multipart.field(name: "files[\(index)].path", value: file.path)
            + multipart.fileHead(name: "files[\(index)].file", filename: filename)
    }

    /// Writes the body.
    ///
    /// - Returns: the number of bytes of each file.
    func write(to sink: @escaping SandboxUpload.Sink) async throws -> [Int] {
        var counts: [Int] = []
        for (index, file) in files.enumerated() {
            try await sink(head(of: file, index))
            counts.append(try await file.write(to: sink))
            try await sink(MultipartWriter.partEnd)
        }
        try await sink(multipart.end)
        return counts
    }
}
