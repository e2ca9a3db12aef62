import BenchmarkTransport

/// The pieces of a content that is produced on demand, which counts how many of them are in memory.
struct CountedPieces: AsyncSequence, AsyncIteratorProtocol, Sendable {
    static let pieceByteCount = 65_536

    /// The number of pieces that are alive, and the most that ever were at once.
    final class Gauge: Sendable {
        private let counts = Locked((alive: 0, most: 0))

        var most: Int { counts.withLock { $0.most } }
        var alive: Int { counts.withLock { $0.alive } }

        func add(_ change: Int) {
            counts.withLock { counts in
                counts.alive += change
                counts.most = Swift.max(counts.most, counts.alive)
            }
        }
    }

    /// A token that lives as long as its piece.
    final class Token: Sendable {
        private let gauge: Gauge
        init(_ gauge: Gauge) {
            self.gauge = gauge
            gauge.add(1)
        }
        deinit { gauge.add(-1) }
    }

    struct Piece: RandomAccessCollection, Sendable {
        let bytes: [UInt8]
        let token: Token
        var startIndex: Int { 0 }
        var endIndex: Int { bytes.count }
        subscript(index: Int) -> UInt8 { bytes[index] }
        func withContiguousStorageIfAvailable<R>(_ body: (UnsafeBufferPointer<UInt8>) throws -> R) rethrows -> R? {
            try bytes.withContiguousStorageIfAvailable(body)
        }
    }

    let gauge: Gauge
    private var remaining: Int
    /// The error that is thrown in place of the last piece.
    private let failure: (any Error)?

    init(_ count: Int, _ gauge: Gauge, failure: (any Error)? = nil) {
        (remaining, self.gauge, self.failure) = (count, gauge, failure)
    }

    func makeAsyncIterator() -> CountedPieces { self }

    mutating func next() async throws -> Piece? {
        if remaining == 0 { return nil }
        remaining -= 1
        if remaining == 0, let failure { throw failure }
        let bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: remaining | 0x10), count: Self.pieceByteCount)
        return Piece(bytes: bytes, token: Token(gauge))
    }
}
