/// A slice of a list, `start:stop:step`, with the meaning it has in Python.
///
/// Every part may be missing; negative bounds count from the end; a single part is the start. Integers of any size are
/// understood, with blanks around them, a sign, `_` between digits, and the decimal digits of any script.
public struct SliceExpression: Sendable, Hashable {
    private let start: Int?
    private let stop: Int?
    private let step: Int

    /// Parses a slice.
    ///
    /// - Throws: ``ProtocolError`` with code `.invalidSlice`, in the words that clients know from Python.
    public init(_ text: String) throws {
        let parts = text.unicodeScalars.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 3 else { throw ProtocolError(.invalidSlice, "Invalid slice format") }
        var bounds: [Int?] = []
        for part in parts { bounds.append(part.isEmpty ? nil : try SliceInteger.parse(part)) }
        while bounds.count < 3 { bounds.append(nil) }
        (start, stop, step) = (bounds[0], bounds[1], bounds[2] ?? 1)
        if step == 0 { throw ProtocolError(.invalidSlice, "slice step cannot be zero") }
    }

    /// Returns the elements that the slice selects, in its order.
    public func apply<Element>(to elements: [Element]) -> [Element] {
        indices(count: elements.count).map { elements[$0] }
    }

    /// Returns the indices that the slice selects in a list of `count` elements.
    public func indices(count: Int) -> [Int] {
        let (lowest, highest) = step > 0 ? (0, count) : (-1, count - 1)
        func clamped(_ bound: Int?, absent: Int) -> Int {
            guard let bound else { return absent }
            let fromFront = bound < 0 ? bound.addingReportingOverflow(count).partialValue : bound
            return min(max(fromFront, lowest), highest)
        }
        let first = clamped(start, absent: step > 0 ? 0 : count - 1)
        let end = clamped(stop, absent: step > 0 ? count : -1)
        var indices: [Int] = []
        var index = first
        while step > 0 ? index < end : index > end {
            indices.append(index)
            let (next, overflow) = index.addingReportingOverflow(step)
            if overflow { break }
            index = next
        }
        return indices
    }
}
