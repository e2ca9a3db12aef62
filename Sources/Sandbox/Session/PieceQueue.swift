import BenchmarkTransport

/// A queue of bytes in order of arrival, in pieces of its own that are as large as possible.
///
/// Appended bytes are copied. Otherwise a few bytes would keep alive the whole message they arrived in, and small
/// pieces would cost more in bookkeeping than in bytes.
struct PieceQueue: Sendable {
    /// The size of every piece but the last.
    static let maxPieceBytes = 64 * 1024

    private(set) var byteCount = 0
    private var pieces = FIFO<[UInt8]>()

    var isEmpty: Bool { byteCount == 0 }

    /// The number of pieces.
    var pieceCount: Int { pieces.count }

    mutating func append(_ bytes: ArraySlice<UInt8>) {
        byteCount += bytes.count
        var rest = bytes
        while !rest.isEmpty {
            var room = Self.maxPieceBytes - (pieces.last?.count ?? Self.maxPieceBytes)
            if room <= 0 {
                pieces.append([])
                room = Self.maxPieceBytes
            }
            let part = rest.prefix(room)
            pieces.modifyLast { $0 += part }
            rest = rest.dropFirst(part.count)
        }
    }

    /// Removes and returns the oldest piece, or `nil` if there is none.
    mutating func takeFirst() -> [UInt8]? {
        guard let piece = pieces.takeFirst() else { return nil }
        byteCount -= piece.count
        return piece
    }
}
