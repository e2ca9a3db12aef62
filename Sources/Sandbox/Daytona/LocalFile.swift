import BenchmarkTransport
import CLinux
import Glibc

/// A regular local file that is read piece by piece, on threads that may block.
struct LocalFileReader: Sendable {
    /// The length when it was opened.
    let byteCount: Int
    private let path: String
    private let file: Descriptor

    static func open(_ path: String) async throws -> LocalFileReader {
        try SandboxInput.checkPath(path, "local path")
        return try await ServiceExecutor.system.run {
            // Do not wait for the other end if the path turns out to be a pipe.
            let file = try Descriptor.open(path, O_RDONLY | O_NONBLOCK)
            var status = stat()
            guard fstat(file.number, &status) == 0 else { throw SandboxError.lastError("cannot read '\(path)'") }
            guard FileInfo.kind(status.st_mode) == Glibc.S_IFREG else {
                throw SandboxError(.invalidRequest, "'\(path)' is not a regular file")
            }
            return LocalFileReader(byteCount: Int(status.st_size), path: path, file: file)
        }
    }

    private init(byteCount: Int, path: String, file: Descriptor) {
        (self.byteCount, self.path, self.file) = (byteCount, path, file)
    }

    /// Passes on the content from its beginning, up to a length determined earlier.
    func read(first byteCount: Int, piecesOf maxCount: Int, _ sink: SandboxUpload.Sink) async throws {
        var offset = 0
        while offset < byteCount {
            let (start, count) = (offset, min(maxCount, byteCount - offset))
            let piece = try await ServiceExecutor.system.run { try self.piece(at: start, count) }
            // The file was truncated in the meantime; the caller counts the bytes and notices.
            if piece.isEmpty { return }
            offset += piece.count
            try await sink(piece)
        }
    }

    private func piece(at offset: Int, _ maxCount: Int) throws -> [UInt8] {
        var failure: SandboxError?
        let bytes = [UInt8](unsafeUninitializedCapacity: maxCount) { buffer, count in
            var got = -1
            repeat {
                got = pread(file.number, buffer.baseAddress, maxCount, off_t(offset))
            } while got < 0 && clinux_errno() == EINTR
            if got < 0 { failure = .lastError("cannot read '\(path)'") }
            count = max(0, got)
        }
        if let failure { throw failure }
        return bytes
    }
}

/// A local file that is written piece by piece, on threads that may block, and gets its name at the end.
///
/// Anything but a regular file, such as a device, a pipe, or a link, is written in place, without blocking a thread for
/// as long as the reader of a pipe pleases.
final class LocalFileWriter: Sendable {
    private let path: String
    /// The path of the file until it is complete; `nil` if it is written in place.
    private let temporaryPath: String?
    private let file: Descriptor
    private let byteCount = Locked(0)

    /// The pause between two attempts at a pipe that nobody reads.
    private static let pipePause = Duration.milliseconds(10)

    static func create(_ path: String) async throws -> LocalFileWriter {
        try SandboxInput.checkPath(path, "local path")
        while true {
            if let writer = try await ServiceExecutor.system.run({ try Self.open(path) }) { return writer }
            try await EventLoopGroup.shared.next().sleep(for: pipePause)
        }
    }

    /// Opens a file for writing; returns `nil` for a pipe that nobody has opened for reading yet.
    private static func open(_ path: String) throws(SandboxError) -> LocalFileWriter? {
        var status = stat()
        let exists = lstat(path, &status) == 0
        if exists, FileInfo.kind(status.st_mode) != Glibc.S_IFREG {
            let number = Glibc.open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK | O_CLOEXEC, 0o666)
            if number >= 0 { return LocalFileWriter(path, nil, Descriptor(owning: number)) }
            let error = clinux_errno()
            if error == ENXIO, stat(path, &status) == 0, FileInfo.kind(status.st_mode) == Glibc.S_IFIFO { return nil }
            throw .system(error, "cannot open '\(path)'")
        }
        // A short name, so that it never exceeds the limit for names.
        let folder = RootedFiles.split(path).parent
        let prefix = path.utf8.first == UInt8(ascii: "/") ? "" : "."
        let temporary = "\(prefix)\(folder == "/" && prefix.isEmpty ? "" : folder)/.\(RandomText.uuid()).part"
        let file = try Descriptor.open(temporary, O_WRONLY | O_CREAT | O_EXCL, mode: 0o666)
        if exists { fchmod(file.number, status.st_mode & 0o7777) }
        return LocalFileWriter(path, temporary, file)
    }

    private init(_ path: String, _ temporaryPath: String?, _ file: Descriptor) {
        (self.path, self.temporaryPath, self.file) = (path, temporaryPath, file)
    }

    /// Writes the next bytes.
    func append(_ bytes: [UInt8]) async throws {
        var written = 0
        while true {
            written = try await ServiceExecutor.system.run { [self, written] in try write(bytes, from: written) }
            if written == bytes.count { break }
            try await EventLoopGroup.shared.next().sleep(for: Self.pipePause)
        }
        byteCount.withLock { $0 += bytes.count }
    }

    /// Writes bytes from an index on, and returns the index of those that a full pipe did not take.
    private func write(_ bytes: [UInt8], from start: Int) throws(SandboxError) -> Int {
        var index = start
        while index < bytes.count {
            let count = bytes[index...].withUnsafeBytes { Glibc.write(file.number, $0.baseAddress, $0.count) }
            if count > 0 {
                index += count
            } else if count == 0 || clinux_errno() == EAGAIN {
                return index
            } else if clinux_errno() != EINTR {
                throw .lastError("cannot write '\(path)'")
            }
        }
        return index
    }

    /// Gives the file its name.
    ///
    /// - Returns: its length in bytes.
    func finish() async throws -> Int {
        try await ServiceExecutor.system.run { [self] in
            // Some file systems report only here that bytes could not be stored. The descriptor is closed in any case.
            if Glibc.close(file.release()) != 0, clinux_errno() != EINTR {
                throw SandboxError.lastError("cannot write '\(path)'")
            }
            if let temporaryPath, rename(temporaryPath, path) != 0 {
                throw SandboxError.lastError("cannot create '\(path)'")
            }
            return byteCount.withLock { $0 }
        }
    }

    /// Closes the file, and removes it unless it is written in place.
    func discard() async {
        _ = try? await ServiceExecutor.system.run { [self] in
            file.close()
            if let temporaryPath { unlink(temporaryPath) }
        }
    }
}
