import BenchmarkTransport
import CLinux
import Glibc

/// A private file without a name, which is gone when it is closed, however the process ends.
///
/// Its functions block, so they are called on threads that may.
struct SpoolFile: Sendable {
    private let descriptor: Descriptor

    /// - Parameter folder: the folder of the file; `nil` for `TMPDIR`, or `/tmp`.
    static func create(in folder: String?) throws(SandboxError) -> SpoolFile {
        let folder = folder ?? getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        // Without O_EXCL a link could give it a name later.
        if let file = try? Descriptor.open(folder, O_RDWR | O_EXCL | clinux_o_tmpfile(), mode: 0o600) {
            return SpoolFile(descriptor: file)
        }
        // The file system does not support files without a name.
        let path = "\(folder)/.\(RandomText.uuid())"
        let file = try Descriptor.open(path, O_RDWR | O_CREAT | O_EXCL, mode: 0o600)
        guard unlink(path) == 0 else { throw .lastError("cannot remove '\(path)'") }
        return SpoolFile(descriptor: file)
    }

    /// Writes bytes at an offset.
    func write(_ bytes: ArraySlice<UInt8>, at offset: Int) throws(SandboxError) {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { buffer in
                pwrite(descriptor.number, buffer.baseAddress, buffer.count, off_t(offset + bytes.count - rest.count))
            }
            if count < 0, clinux_errno() == EINTR { continue }
            guard count > 0 else { throw .lastError("cannot write to a temporary file") }
            rest = rest.dropFirst(count)
        }
    }

    /// Reads exactly the given number of bytes from an offset.
    func read(_ count: Int, at offset: Int) throws(SandboxError) -> [UInt8] {
        var failure: SandboxError?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let rest = buffer.baseAddress.map { $0 + filled }
                let got = pread(descriptor.number, rest, count - filled, off_t(offset + filled))
                if got < 0, clinux_errno() == EINTR { continue }
                guard got > 0 else {
                    failure =
                        got < 0
                        ? .lastError("cannot read from a temporary file")
                        : SandboxError(.system, "a temporary file is shorter than what was written to it")
                    return
                }
                filled += got
            }
        }
        if let failure { throw failure }
        return bytes
    }

    /// Empties the file and frees its disk space.
    func empty() { _ = ftruncate(descriptor.number, 0) }
}
