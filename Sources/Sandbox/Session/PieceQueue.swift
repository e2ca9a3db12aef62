/// Bytes in the order they came, in pieces of their own that are as large as they may be.
///
/// What is appended is copied: a few bytes would keep the whole message alive that they came in, and each would cost
/// more for its bookkeeping than for itself.
struct PieceQueue: Sendable {
    /// The size of every piece but the last.
    static let maxPieceBytes = 64 * 1024

    private(set) var byteCount = 0
    private var pieces: [[UInt8]] = []
    /// Those in front of it have been taken.
    private var first = 0

    var isEmpty: Bool { byteCount == 0 }

    /// How many pieces there are.
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

    /// The oldest piece; nil if there is none.
    mutating func takeFirst() -> [UInt8]? {
        guard first < pieces.count else { return nil }
        let piece = pieces[first]
        pieces[first] = []
        first += 1
        byteCount -= piece.count
        // The places of what was taken go when they are the half: that moves each of the others once.
        if first * 2 >= pieces.count {
            pieces.removeFirst(first)
            first = 0
        }
        return piece
    }
}
