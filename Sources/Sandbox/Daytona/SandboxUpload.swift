import BenchmarkTransport

/// A file to be written to a sandbox, and the source of its content.
///
/// The content is read as the server takes it, with at most a few pieces in memory.
public struct SandboxUpload: Sendable {
    /// Takes the next bytes; returns when there is room for more.
    typealias Sink = @Sendable ([UInt8]) async throws -> Void

    enum Content: Sendable {
        case bytes([UInt8])
        case file(String)
        case pieces(length: Int?, @Sendable (Sink) async throws -> Void)
    }

    /// The path in the sandbox.
    let path: String
    let content: Content

    /// The number of bytes passed on at a time, and the limit on those held of a sequence besides those under way.
    static let pieceByteCount = 256 * 1024

    /// Returns an upload of the given bytes.
    public static func bytes(_ bytes: [UInt8], to path: String) -> SandboxUpload {
        SandboxUpload(path: path, content: .bytes(bytes))
    }

    /// Returns an upload of the content of a regular local file.
    public static func file(_ localPath: String, to path: String) -> SandboxUpload {
        SandboxUpload(path: path, content: .file(localPath))
    }

    /// Returns an upload of the pieces of a sequence, which is iterated once, where a service's own code runs.
    ///
    /// - Parameters:
    ///   - pieces: its bytes, in pieces of any size.
    ///   - length: the number of bytes in all, if known; a sequence with more or fewer bytes throws.
    ///   - path: the path of the file, absolute or relative to the sandbox's working directory.
    public static func pieces<Pieces: AsyncSequence & Sendable>(
        _ pieces: Pieces,
        length: Int? = nil,
        to path: String
    ) -> SandboxUpload where Pieces.Element: Collection<UInt8> & Sendable {
        let executor = ServiceExecutor.current
        let content = Content.pieces(length: length) { sink in
            let produced = ProducedSequence<Pieces.Element>(
                capacity: pieceByteCount,
                launch: { executor.startTask($0) },
                body: { channel in
                    for try await piece in pieces { try await channel.send(piece, cost: piece.count) }
                }
            )
            let iterator = produced.makeAsyncIterator()
            while let piece = try await iterator.next() {
                // Contiguous bytes are copied at once, and not one by one.
                try await sink(piece.withContiguousStorageIfAvailable { Array($0) } ?? Array(piece))
            }
        }
        return SandboxUpload(path: path, content: content)
    }

    /// Returns the content ready to be sent, with its length if known.
    ///
    /// - Throws: ``SandboxError`` if there is no such file.
    func open() async throws -> OpenUpload {
        switch content {
        case .bytes(let bytes):
            return OpenUpload(path: path, length: bytes.count, isReplayable: true) { sink in
                var rest = bytes[...]
                while !rest.isEmpty {
                    try await sink(Array(rest.prefix(Self.pieceByteCount)))
                    rest = rest.dropFirst(Self.pieceByteCount)
                }
            }
        case .file(let localPath):
            // Opened only for its length, and again while its content is sent: otherwise thousands of files could be
            // open at once. Bytes that are appended meanwhile are not read.
            let length = try await LocalFileReader.open(localPath).byteCount
            return OpenUpload(path: path, length: length, isReplayable: true) { sink in
                let file = try await LocalFileReader.open(localPath)
                try await file.read(first: length, piecesOf: Self.pieceByteCount, sink)
            }
        case .pieces(let length, let write):
            return OpenUpload(path: path, length: length, isReplayable: false, write: write)
        }
    }
}

/// The content of a file, ready to be sent.
struct OpenUpload: Sendable {
    let path: String
    let length: Int?
    /// Whether it can be written a second time.
    let isReplayable: Bool
    let write: @Sendable (SandboxUpload.Sink) async throws -> Void

    /// Writes the content, exactly as many bytes as announced.
    ///
    /// - Returns: the number of bytes written.
    func write(to sink: @escaping SandboxUpload.Sink) async throws -> Int {
        let count = Locked(0)
        try await write { piece in
            let total = count.withLock { count in
                count += piece.count
                return count
            }
            if let length, total > length {
                throw SandboxError(.invalidRequest, "the content of \(path) is longer than \(length) bytes")
            }
            try await sink(piece)
        }
        let total = count.withLock { $0 }
        if let length, total < length {
            throw SandboxError(.invalidRequest, "the content of \(path) is \(total) bytes long, not \(length)")
        }
        return total
    }
}
