import BenchmarkTransport

extension DaytonaSandbox {
    /// Reads a file through the toolbox; errors name the path.
    public func download(_ path: String, maxBytes: Int) async throws -> [UInt8] {
        let request = try downloadRequest(path)
        return try await naming("cannot download \(path)") {
            try await client.send(request, maxBodyBytes: maxBytes).body
        }
    }

    /// Reads a file of any size and hands it over piece by piece; the next one is read when the closure has returned.
    ///
    /// There is no limit in time but that bytes must move. A file that comes only in part throws.
    public func download(_ path: String, _ take: @Sendable ([UInt8]) async throws -> Void) async throws {
        let request = try downloadRequest(path)
        try await naming("cannot download \(path)") {
            try await client.withResponse(to: request) { response in
                while let piece = try await response.nextBytes() { try await take(piece) }
            }
        }
    }

    /// Reads a file of any size into a file of this machine, which appears, or changes, when all of it has come.
    ///
    /// - Returns: its length in bytes.
    @discardableResult
    public func downloadFile(_ path: String, to localPath: String) async throws -> Int {
        try SandboxInput.checkPath(path)
        let file = try await LocalFileWriter.create(localPath)
        do {
            try await download(path) { piece in try await file.append(piece) }
            return try await file.finish()
        } catch {
            await file.discard()
            throw error
        }
    }

    /// The content of a file of any size, piece by piece.
    public func contents(of path: String) -> SandboxFileContents { SandboxFileContents(path: path, sandbox: self) }

    private func downloadRequest(_ path: String) throws(SandboxError) -> HTTPClientRequest {
        try SandboxInput.checkPath(path)
        let url = toolbox.appending("/files/download?path=\(HTTPURL.escape(path))")
        return HTTPClientRequest(.get, url, fields: client.fields)
    }
}

/// The content of a file in a sandbox, in pieces of no particular size.
///
/// - Buffered: about 256 KiB; then the connection is not read, and, in time, the server waits.
/// - Consumers: one. Every iteration reads the file anew, from its first demand.
/// - Consumer leaves: the connection is closed.
/// - File ends: the sequence ends. It throws ``SandboxError`` if the file cannot be read, or has come only in part.
public struct SandboxFileContents: AsyncSequence, Sendable {
    /// The next bytes, at least one.
    public typealias Element = [UInt8]
    /// Errors of the sandbox.
    public typealias Failure = any Error

    private let pieces: ProducedSequence<[UInt8]>

    init(path: String, sandbox: DaytonaSandbox) {
        let loop = EventLoopGroup.shared.next()
        pieces = ProducedSequence(
            capacity: 256 * 1024,
            launch: { loop.startTask($0) },
            body: { channel in
                try await sandbox.download(path) { piece in try await channel.send(piece, cost: piece.count) }
            }
        )
    }

    /// Begins to read.
    public func makeAsyncIterator() -> Iterator { Iterator(base: pieces.makeAsyncIterator()) }

    /// Takes the pieces one by one.
    public struct Iterator: AsyncIteratorProtocol {
        let base: ProducedSequence<[UInt8]>.Iterator

        /// The next piece; nil at the end.
        public mutating func next() async throws -> [UInt8]? { try await base.next() }

        /// The next piece, taken on the caller's actor.
        public mutating func next(isolation actor: isolated (any Actor)?) async throws -> [UInt8]? {
            try await base.next(isolation: actor)
        }
    }
}
