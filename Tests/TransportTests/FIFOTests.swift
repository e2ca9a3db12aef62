import BenchmarkTransport
import Testing

@Suite("FIFO")
struct FIFOTests {
    @Test("elements come out in order of arrival, whatever is done in between", arguments: 0..<20 as Range<UInt64>)
    func order(_ seed: UInt64) {
        var (queue, model, next) = (FIFO<Int>(), [Int](), 0)
        var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        for _ in 0..<2000 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            switch state >> 60 {
            case 0..<8:
                queue.append(next)
                model.append(next)
                next += 1
            case 8..<14: #expect(queue.takeFirst() == (model.isEmpty ? nil : model.removeFirst()))
            case 14:
                queue.modifyLast { $0 += 1000 }
                if let last = model.popLast() { model.append(last + 1000) }
            default:
                #expect(queue.takeAll() == model)
                model = []
            }
            #expect(queue.count == model.count && queue.isEmpty == model.isEmpty && queue.last == model.last)
        }
    }

    @Test("an element that was taken is not kept alive")
    func release() {
        final class Object {}
        var queue = FIFO<Object>()
        for _ in 0..<10 { queue.append(Object()) }
        weak let first = queue.takeFirst()
        #expect(first == nil && queue.count == 9)
    }
}
