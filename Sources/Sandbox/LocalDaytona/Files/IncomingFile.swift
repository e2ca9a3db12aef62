import BenchmarkTransport
import Glibc

/// A file that is being received: written as it arrives, and removed again if it does not arrive completely.
struct IncomingFile: Sendable {
    /// The path as the client gave it.
    let path: String
    /// The number of bytes received so far.
    private(set) var byteCount = 0
    private let files: RootedFiles
    private let file: Descriptor

    /// Creates the file, or truncates the existing one.
    init(_ path: String, in files: RootedFiles) async throws {
        (self.path, self.files) = (path, files)
        file = try await ServiceExecutor.system.run { try files.create(path) }
    }

    /// Writes the next bytes.
    mutating func write(_ bytes: [UInt8]) throws(FileError) {
        try file.write(bytes, path: path)
        byteCount += bytes.count
    }

    /// Removes the file, so that it is not mistaken for the complete one.
    func discard() async {
        try? await ServiceExecutor.system.run { files.discard(file, at: path) }
    }
}
