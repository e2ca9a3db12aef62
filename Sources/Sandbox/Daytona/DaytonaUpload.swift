import BenchmarkProtocol
import BenchmarkTransport

extension DaytonaSandbox {
    /// Writes a file through the toolbox; errors name the path.
    public func upload(_ bytes: [UInt8], to path: String) async throws { try await upload([.bytes(bytes, to: path)]) }

    /// Writes the content of a file of this machine, of any size.
    public func uploadFile(_ localPath: String, to path: String) async throws {
        try await upload([.file(localPath, to: path)])
    }

    /// Writes files, over old ones if there are some; missing folders are made.
    ///
    /// A file that the server refuses does not stop the others; then this throws. Their contents are sent as fast as the
    /// server takes them and read no faster. There is no limit in time but that bytes must move.
    public func upload(_ files: [SandboxUpload]) async throws {
        for file in files { try SandboxInput.checkPath(file.path) }
        // The server takes white space at the ends of a path away, but not from one that comes in the query.
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
            let answer = try await client.send(request).body
            try Self.check(answer, counts.withLock { $0 })
        }
    }

    /// Checks that the server has kept as much as it was sent, if it says how much.
    private static func check(_ answer: [UInt8], _ sent: [Int]) throws(SandboxError) {
        guard let files = (try? JSONValue(parsing: answer))?["files"]?.arrayValue else { return }
        for (file, count) in zip(files, sent) {
            guard let kept = file["bytes"]?.intValue, kept != count else { continue }
            throw SandboxError(.protocolViolation, "the server has kept \(kept) of \(count) bytes")
        }
    }
}

/// A multipart body with files in it, made as it is sent.
struct UploadForm: Sendable {
    let multipart = MultipartWriter()
    let files: [OpenUpload]
    /// Whether it is the field `file` alone, and not many files with their paths.
    let isSingle: Bool

    /// The length of the whole body, if that of every file is known.
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
        // The path before the content, or the server does not know where to put it.
        return multipart.field(name: "files[\(index)].path", value: file.path)
            + multipart.fileHead(name: "files[\(index)].file", filename: filename)
    }

    /// Writes the body.
    ///
    /// - Returns: how many bytes each file had.
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
