import BenchmarkTransport

/// Bytes on their way from a log to a reader that may be slower: in memory at first, then in a file.
///
/// Writing never waits for the reader. One task writes and one reads, both on the loop that the spool is confined to.
///
/// The bytes are in up to three places, the oldest first: in memory, in the file, and, if the file can take no more, in
/// memory again. Once there are any in the third place, the spool is full; it still takes the rest of a batch.
final class OutputSpool: @unchecked Sendable {
    private let limits: CommandLimits
    private var memory = PieceQueue()
    private var file: SpoolFile?
    private var filed = 0..<0
    private var overflow: ArraySlice<UInt8> = []
    private var isWriting = false
    private var isFileBroken = false
    private var ending: Ending?
    private var somethingToRead = OneShotEvent()
    private var isDrained = OneShotEvent()

    private enum Ending {
        case end
        case failure(any Error)
    }

    init(_ limits: CommandLimits) { self.limits = limits }

    /// Whether nothing more should be written until ``waitUntilDrained()`` has returned.
    var isFull: Bool { !overflow.isEmpty }

    // MARK: Writing

    /// Appends bytes; all of them are taken, even if the spool is full.
    nonisolated(nonsending) func append(_ bytes: ArraySlice<UInt8>) async {
        if bytes.isEmpty { return }
        if isFull {
            overflow += bytes
            return
        }
        var bytes = bytes
        if filed.isEmpty {
            let room = max(0, limits.maxHeldBytes - memory.byteCount)
            hold(bytes.prefix(room))
            bytes = bytes.dropFirst(room)
        }
        if !bytes.isEmpty { bytes = await spool(bytes) }
        overflow = bytes
        somethingToRead.fire()
    }

    /// Ends the output: the reader gets the remaining bytes, and then the end or the error.
    func finish(throwing error: (any Error)? = nil) {
        ending = error.map { .failure($0) } ?? .end
        somethingToRead.fire()
    }

    /// Waits until the reader has taken everything.
    nonisolated(nonsending) func waitUntilDrained() async throws(CancellationError) {
        while !(memory.isEmpty && filed.isEmpty && overflow.isEmpty) {
            isDrained = OneShotEvent()
            try await isDrained.waitUnlessCancelled()
        }
    }

    private func hold(_ bytes: ArraySlice<UInt8>) {
        if bytes.isEmpty { return }
        memory.append(bytes)
        somethingToRead.fire()
    }

    /// Writes bytes to the file, which is created when it is first needed.
    ///
    /// - Returns: the bytes that it has no room for.
    private nonisolated(nonsending) func spool(_ bytes: ArraySlice<UInt8>) async -> ArraySlice<UInt8> {
        let offset = filed.upperBound
        let room = limits.maxSpoolBytes - offset
        if isFileBroken || room <= 0 { return bytes }
        isWriting = true
        defer { isWriting = false }
        let (present, folder) = (file, limits.spoolFolder)
        do {
            file = try await ServiceExecutor.system.run {
                let file = try present ?? SpoolFile.create(in: folder)
                // Everything in it has been read.
                if offset == 0 { file.empty() }
                try file.write(bytes.prefix(room), at: offset)
                return file
            }
            filed = filed.lowerBound..<offset + min(room, bytes.count)
            return bytes.dropFirst(room)
        } catch {
            // A full disk, or none. Nothing is lost: these bytes stay in memory, and the log has the rest.
            isFileBroken = true
            return bytes
        }
    }

    // MARK: Reading

    /// Returns the next bytes, at least one, or `nil` at the end.
    nonisolated(nonsending) func next() async throws -> ArraySlice<UInt8>? {
        while true {
            if let bytes = try await take() {
                if memory.isEmpty && filed.isEmpty && overflow.isEmpty { isDrained.fire() }
                return bytes
            }
            switch ending {
            case .end: return nil
            case .failure(let error): throw error
            case nil: break
            }
            somethingToRead = OneShotEvent()
            try await somethingToRead.waitUnlessCancelled()
        }
    }

    private nonisolated(nonsending) func take() async throws -> ArraySlice<UInt8>? {
        if let piece = memory.takeFirst() { return piece[...] }
        if !filed.isEmpty, let file {
            let (offset, count) = (filed.lowerBound, min(filed.count, PieceQueue.maxPieceBytes))
            let bytes = try await ServiceExecutor.system.run { try file.read(count, at: offset) }
            filed = offset + count..<filed.upperBound
            if filed.isEmpty && !isWriting { filed = 0..<0 }
            return bytes[...]
        }
        if !overflow.isEmpty {
            defer { overflow = [] }
            return overflow
        }
        return nil
    }
}
