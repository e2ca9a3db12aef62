import TestSupport
import Testing

@testable import BenchmarkSandbox

@Suite("Bytes queued in memory")
struct PieceQueueTests {
    private static func bytes(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) } }

    private static func rest(_ queue: inout PieceQueue) -> [UInt8] {
        var bytes: [UInt8] = []
        while let piece = queue.takeFirst() {
            #expect(!piece.isEmpty && piece.count <= PieceQueue.maxPieceBytes)
            bytes += piece
        }
        return bytes
    }

    @Test("many small pieces are joined into few")
    func small() {
        var queue = PieceQueue()
        let all = Self.bytes(200_000)
        for byte in all { queue.append([byte]) }
        #expect(queue.byteCount == all.count)
        #expect(queue.pieceCount == 4)
        #expect(Self.rest(&queue) == all)
        #expect(queue.isEmpty && queue.pieceCount == 0)
    }

    @Test("bytes are taken in order, however they were split", arguments: Chunking.allCases)
    func order(_ chunking: Chunking) {
        let all = Self.bytes(300_000)
        for pieces in chunking.deliveries(of: all) {
            var (queue, taken) = (PieceQueue(), [UInt8]())
            for (index, piece) in pieces.enumerated() {
                queue.append(piece[...])
                if index % 5000 == 4999 { taken += queue.takeFirst() ?? [] }
            }
            #expect(queue.byteCount == all.count - taken.count)
            taken += Self.rest(&queue)
            #expect(taken == all)
        }
    }
}
