import BenchmarkProtocol
import FuzzSupport

/// Python's slices: evenly spaced indices of a list, checked against a naive calculation for simple texts.
///
/// Choice: the length of the list.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    var input = FuzzInput(data, size)
    let count = Int(input.choice())
    let text = String(decoding: input.rest(), as: UTF8.self)
    guard let slice = try? SliceExpression(text) else {
        check(plainBounds(text) == nil, "refuses \(text.debugDescription)")
        return 0
    }
    let indices = slice.indices(count: count)
    check(indices.allSatisfy { (0..<count).contains($0) }, "\(indices) of \(count)")
    checkEqual(slice.apply(to: Array(0..<count)), indices)
    let steps = Set(zip(indices, indices.dropFirst()).map { $1 - $0 })
    check(steps.count <= 1 && !steps.contains(0), "\(indices)")
    if let bounds = plainBounds(text) { checkEqual(indices, plainIndices(bounds, count), text) }
    return 0
}

/// Returns the parts of a text that has only small numbers of ASCII digits and signs; `nil` for any other text.
private func plainBounds(_ text: String) -> [Int?]? {
    let parts = text.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    var bounds: [Int?] = []
    for part in parts {
        if part.isEmpty {
            bounds.append(nil)
        } else {
            guard part.count < 9, let number = Int(String(decoding: part, as: UTF8.self)) else { return nil }
            bounds.append(number)
        }
    }
    if bounds.count > 3 { return nil }
    while bounds.count < 3 { bounds.append(nil) }
    return bounds[2] == 0 ? nil : bounds
}

/// Returns every index of the list on the way from the start to the stop.
private func plainIndices(_ bounds: [Int?], _ count: Int) -> [Int] {
    let step = bounds[2] ?? 1
    let place = { (bound: Int) in bound < 0 ? max(bound + count, -1) : min(bound, count) }
    if step > 0 {
        let (start, stop) = (max(0, bounds[0].map(place) ?? 0), bounds[1].map(place) ?? count)
        return (0..<count).filter { $0 >= start && $0 < stop && ($0 - start) % step == 0 }
    }
    let (start, stop) = (min(count - 1, bounds[0].map(place) ?? count - 1), bounds[1].map(place) ?? -1)
    return (0..<count).filter { $0 <= start && $0 > stop && (start - $0) % step == 0 }.reversed()
}
