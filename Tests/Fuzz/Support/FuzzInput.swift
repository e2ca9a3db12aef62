/// The bytes that libFuzzer made, the first of which decide how a target is set up.
///
/// A target that can be set up in several ways reads its choices first, one byte each; the rest is fed to the decoder.
/// A choice is best a printable character, so that the seeds of text protocols stay text.
package struct FuzzInput {
    private var bytes: ArraySlice<UInt8>

    package init(_ data: UnsafePointer<UInt8>, _ size: Int) {
        bytes = Array(UnsafeBufferPointer(start: data, count: size))[...]
    }

    /// Takes the next choice; 0 if there is none.
    package mutating func choice() -> UInt8 { bytes.popFirst() ?? 0 }

    /// Takes the next choice as a number below `count`.
    package mutating func choice(of count: Int) -> Int { Int(choice()) % count }

    /// Takes everything up to a line feed, and the line feed.
    package mutating func line() -> [UInt8] {
        let line = bytes.prefix { $0 != 0x0a }
        bytes = bytes.dropFirst(line.count + 1)
        return Array(line)
    }

    /// Takes the remaining bytes.
    package mutating func rest() -> [UInt8] {
        defer { bytes = [] }
        return Array(bytes)
    }

    /// Takes the remaining bytes, split into pieces in several ways; the next choice decides the sizes of one of them.
    package mutating func deliveries() -> Deliveries {
        let seed = choice()
        return Deliveries(of: rest(), seed: seed)
    }
}

/// Three deliveries of the same bytes, which a decoder must not tell apart.
package struct Deliveries {
    /// All bytes in one piece.
    package let whole: [[UInt8]]
    /// Single bytes, and pieces of uneven sizes.
    package let others: [[[UInt8]]]

    /// - Parameter seed: A byte whose lower three bits limit the sizes of the uneven pieces; the others vary them.
    package init(of bytes: [UInt8], seed: UInt8) {
        whole = bytes.isEmpty ? [] : [bytes]
        var (uneven, rest) = ([[UInt8]](), bytes[...])
        var state = UInt32(seed) &* 2_654_435_761 | 1
        while !rest.isEmpty {
            state = state &* 1_664_525 &+ 1_013_904_223
            let size = 1 + Int(state >> 16) % (2 << Int(seed & 7))
            uneven.append(Array(rest.prefix(size)))
            rest = rest.dropFirst(size)
        }
        others = [bytes.map { [$0] }, uneven]
    }

    /// Calls `read` with every delivery and stops the program if two of the results differ.
    @discardableResult
    package func agree<Result: Equatable>(_ read: ([[UInt8]]) -> Result) -> Result {
        let expected = read(whole)
        for other in others {
            let found = read(other)
            check(found == expected, "in one piece:\n\(expected)\nin \(other.count) pieces:\n\(found)")
        }
        return expected
    }
}

/// Stops the program unless a condition holds; libFuzzer then reports the input.
package func check(_ holds: Bool, _ message: @autoclosure () -> String, line: UInt = #line) {
    if !holds { fatalError("line \(line): \(message())") }
}

/// Like ``check(_:_:line:)``, for two values that must be equal.
package func checkEqual<Value: Equatable>(
    _ found: Value,
    _ expected: Value,
    _ what: @autoclosure () -> String = "",
    line: UInt = #line
) {
    check(found == expected, "\(what())\nfound:    \(found)\nexpected: \(expected)", line: line)
}
