import BenchmarkTransport

extension DaytonaSandbox {
    /// Reads a file through the toolbox; errors name the path.
    public func download(_ path: String, maxBytes: Int) async throws -> [UInt8] {
        let request = try downloadRequest(path)
        return try await naming("cannot download \(path)") {
            try await client.send(request, maxBodyBytes: maxBytes)
        }
    }

    /// Reads a file of any size and passes it on piece by piece; the next piece is read once the closure has returned.
    ///
    /// There is no time limit as long as bytes keep arriving. A file that arrives only in part is an error.
    public func download(_ path: String, _ take: @Sendable ([UInt8]) async throws -> Void) async throws {
        let request = try downloadRequest(path)
        try await naming("cannot download \(path)") {
            try await client.withResponse(to: request) { response in
                while let piece = try await response.nextBytes() { try await take(piece) }
            }
        }
    }

    /// Reads a file of any size into a local file, which appears or changes only once all bytes have arrived.
    ///
    /// A local path that is not a regular file, such as a link or a device, is written in place instead.
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

    /// Returns the content of a file of any size, piece by piece.
    public func contents(of path: String) -> SandboxFileContents { SandboxFileContents(path: path, sandbox: self) }

    private func downloadRequest(_ path: String) throws(SandboxError) -> HTTPClientRequest {
        try SandboxInput.checkPath(path)
        let url = toolbox.appending("/files/download?path=\(HTTPURL.escape(path))")
        return HTTPClientRequest(.get, url, fields: client.fields)
    }
}

/// The content of a file in a sandbox, in pieces of no particular size.
///
/// - Buffered: about 256 KiB; then the connection is not read, and the server eventually waits.
/// - Consumers: one. Each iteration reads the file again, starting with the first demand.
/// - Consumer leaves: the connection is closed. A cancelled iteration throws `CancellationError`, so that a part of the
///   file is not taken for the whole.
/// - File ends: the sequence ends. It throws ``SandboxError`` if the file cannot be read or arrives only in part.
public struct SandboxFileContents: AsyncSequence, Sendable {
    /// The next bytes, at least one.
    public typealias Element = [UInt8]
    /// An error from the sandbox.
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

    /// Makes an iterator; its first demand starts reading the file.
    public func makeAsyncIterator() -> Iterator { Iterator(base: pieces.makeAsyncIterator()) }

    /// Takes the pieces one by one.
    public struct Iterator: AsyncIteratorProtocol {
        let base: ProducedSequence<[UInt8]>.Iterator

        /// Returns the next piece, or `nil` at the end.
        public mutating func next() async throws -> [UInt8]? { try await base.next() }

        /// Returns the next piece, taken on the caller's actor.
        public mutating func next(isolation actor: isolated (any Actor)?) async throws -> [UInt8]? {
            try await base.next(isolation: actor)
        }
    }
}
