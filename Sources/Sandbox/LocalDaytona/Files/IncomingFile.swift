import BenchmarkTransport
import Glibc

/// A file that is being received: written as it comes, and removed again if not all of it comes.
struct IncomingFile: Sendable {
    /// As the client gave it.
    let path: String
    /// How much has come.
    private(set) var byteCount = 0
    private let files: RootedFiles
    private let file: Descriptor

    /// Makes the file, or empties the one that is there.
    init(_ path: String, in files: RootedFiles) async throws {
        (self.path, self.files) = (path, files)
        file = try await ServiceExecutor.system.run { try files.create(path) }
    }

    /// Takes the next bytes.
    mutating func write(_ bytes: [UInt8]) throws(FileError) {
        try file.write(bytes, path: path)
        byteCount += bytes.count
    }

    /// Removes what has come: nobody shall take it for the whole.
    func discard() async {
        try? await ServiceExecutor.system.run { files.discard(file, at: path) }
    }
}
