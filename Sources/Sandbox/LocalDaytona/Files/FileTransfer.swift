import BenchmarkTransport
import CLinux
import Glibc

extension Descriptor {
    /// Reads exactly `byteCount` bytes and writes them to a response in pieces.
    ///
    /// - Throws: `FileError` if the file has become shorter in the meantime.
    nonisolated(nonsending) func copy(_ byteCount: Int, to writer: HTTPBodyWriter) async throws {
        var left = byteCount
        while left > 0 {
            let piece = try read(maxCount: min(left, ToolboxFiles.maxPieceBytes))
            guard !piece.isEmpty else { throw FileError(number: EIO, path: "") }
            left -= piece.count
            try await writer.write(piece)
        }
    }

    /// Reads up to `maxCount` bytes; returns none at the end of the file.
    func read(maxCount: Int) throws(FileError) -> [UInt8] {
        var failure: FileError?
        let bytes = [UInt8](unsafeUninitializedCapacity: maxCount) { buffer, count in
            var got = -1
            repeat { got = Glibc.read(number, buffer.baseAddress, maxCount) } while got < 0 && clinux_errno() == EINTR
            if got < 0 { failure = .last("") }
            count = max(0, got)
        }
        if let failure { throw failure }
        return bytes
    }

    /// Writes all of the bytes to a file.
    func write(_ bytes: [UInt8], path: String) throws(FileError) {
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes { all in
                let rest = UnsafeRawBufferPointer(rebasing: all[offset...])
                return Glibc.write(number, rest.baseAddress, rest.count)
            }
            if count < 0, clinux_errno() == EINTR { continue }
            guard count > 0 else { throw .last(path) }
            offset += count
        }
    }
}
