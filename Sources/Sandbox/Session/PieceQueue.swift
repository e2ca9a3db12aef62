/// A queue of bytes in order of arrival, in pieces of its own that are as large as possible.
///
/// Appended bytes are copied. Otherwise a few bytes would keep alive the whole message they arrived in, and small
/// pieces would cost more in bookkeeping than in bytes.
struct PieceQueue: Sendable {
    /// The size of every piece but the last.
    static let maxPieceBytes = 64 * 1024

    private(set) var byteCount = 0
    private var pieces: [[UInt8]] = []
    /// The index of the oldest piece; those before it have been taken.
    private var first = 0

    var isEmpty: Bool { byteCount == 0 }

    /// The number of pieces.
    var pieceCount: Int { pieces.count - first }

    mutating func append(_ bytes: ArraySlice<UInt8>) {
        byteCount += bytes.count
        var rest = bytes
        while !rest.isEmpty {
            let isFull = pieces.last.map { $0.count >= Self.maxPieceBytes } ?? true
            if isFull || pieceCount == 0 { pieces.append([]) }
            let last = pieces.count - 1
            let part = rest.prefix(Self.maxPieceBytes - pieces[last].count)
            pieces[last] += part
            rest = rest.dropFirst(part.count)
        }
    }

    /// Removes and returns the oldest piece, or `nil` if there is none.
    mutating func takeFirst() -> [UInt8]? {
        guard first < pieces.count else { return nil }
        let piece = pieces[first]
        pieces[first] = []
        first += 1
        byteCount -= piece.count
        // Empty places are removed once they make up half of all, at a constant cost per piece on average.
        if first * 2 >= pieces.count {
            pieces.removeFirst(first)
            first = 0
        }
        return piece
    }
}
