import CLinux
import Glibc

/// The append-only log of one command: in memory while it is short, in a file once it is longer.
///
/// A log that has reached its maximum size ends with a line that says so; what is appended later is dropped.
///
/// It is confined to its session's actor. A copy holds the bytes that were there when it was made, and may be read from
/// anywhere; only the original grows. Reading never moves the position at which writing continues.
struct CommandLog {
    /// The maximum number of bytes kept in memory; tests may choose fewer.
    let maxMemoryBytes: Int
    /// The maximum size; the line that says that it is reached comes on top.
    let maxBytes: Int
    /// The number of bytes so far.
    private(set) var count = 0
    /// Whether a write has failed, so that the log is incomplete.
    private(set) var isBroken = false
    private var isFull = false

    private let path: String
    private var memory = [UInt8]()
    private var file: Descriptor?

    /// Creates a log that will use a file at `path`, which must not exist yet.
    init(path: String, maxMemoryBytes: Int = 64 * 1024, maxBytes: Int = CommandLog.usualMaxBytes) {
        self.path = path
        self.maxMemoryBytes = maxMemoryBytes
        self.maxBytes = maxBytes
    }

    /// The maximum size of a command's log: more than any command should print, less than most disks have left.
    static let usualMaxBytes = 4 << 30

    /// Appends bytes, which begin with a marker.
    mutating func append(_ bytes: [UInt8]) {
        if isFull { return }
        if count + bytes.count <= maxBytes { return store(bytes) }
        isFull = true
        let text = "local-daytona: a log has at most \(maxBytes) bytes, the rest of the output is dropped\n"
        store(LogStream.standardError.marker + Array(text.utf8))
    }

    private mutating func store(_ bytes: [UInt8]) {
        if isBroken || bytes.isEmpty { return }
        if file == nil, memory.count + bytes.count <= maxMemoryBytes {
            memory += bytes
        } else {
            guard moveToFile(), write(bytes) else { return isBroken = true }
        }
        count += bytes.count
    }

    /// Returns up to `maxCount` bytes from `offset` on; none at or past the end.
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
        // Nothing opens it by name again: unlinked, it is removed when the descriptor is closed.
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
