import CLinux
import Glibc

/// The append-only log of one command: in memory while it is short, in a file as soon as it is not.
///
/// It belongs to the actor of its session. A copy has what was in it when it was made, and may be read by anybody; only
/// the original is added to. Reading never moves the place where writing goes on.
struct CommandLog {
    /// The most bytes that are kept in memory; tests may choose fewer.
    let maxMemoryBytes: Int
    /// The number of bytes so far.
    private(set) var count = 0
    /// Whether something could not be written, so that the log is not complete.
    private(set) var isBroken = false

    private let path: String
    private var memory = [UInt8]()
    private var file: Descriptor?

    /// A log that will use a file at `path`, which must not exist yet.
    init(path: String, maxMemoryBytes: Int = 64 * 1024) {
        self.path = path
        self.maxMemoryBytes = maxMemoryBytes
    }

    /// Adds bytes at the end.
    mutating func append(_ bytes: [UInt8]) {
        if isBroken || bytes.isEmpty { return }
        if file == nil, memory.count + bytes.count <= maxMemoryBytes {
            memory += bytes
        } else {
            guard moveToFile(), write(bytes) else { return isBroken = true }
        }
        count += bytes.count
    }

    /// Up to `maxCount` bytes from `offset` on; none at or behind the end.
    func read(from offset: Int, maxCount: Int) -> [UInt8] {
        let length = max(0, min(maxCount, count - offset))
        guard offset >= 0, length > 0 else { return [] }
        guard let file else { return Array(memory[offset..<(offset + length)]) }
        return [UInt8](unsafeUninitializedCapacity: length) { buffer, filled in
            filled = 0
            while filled < length {
                let rest = UnsafeMutableRawBufferPointer(
                    rebasing: UnsafeMutableRawBufferPointer(buffer)[filled..<length]
                )
                let got = pread(file.number, rest.baseAddress, rest.count, off_t(offset + filled))
                if got < 0, clinux_errno() == EINTR { continue }
                guard got > 0 else { return }
                filled += got
            }
        }
    }

    private mutating func moveToFile() -> Bool {
        if file != nil { return true }
        guard let opened = try? Descriptor.open(path, O_RDWR | O_CREAT | O_EXCL | O_APPEND, mode: 0o600) else {
            return false
        }
        // Nobody opens it by name again: unlinked, it goes with the descriptor.
        unlink(path)
        file = opened
        let soFar = memory
        memory = []
        return write(soFar)
    }

    private func write(_ bytes: [UInt8]) -> Bool {
        guard let file else { return false }
        return bytes.withUnsafeBytes { all in
            var rest = UnsafeRawBufferPointer(all)
            while !rest.isEmpty {
                let written = Glibc.write(file.number, rest.baseAddress, rest.count)
                if written < 0, clinux_errno() == EINTR { continue }
                guard written > 0 else { return false }
                rest = UnsafeRawBufferPointer(rebasing: rest[written...])
            }
            return true
        }
    }
}
