import Testing

/// The ways in which the network may split bytes into pieces, none of which may change what a decoder finds.
package enum Chunking: String, CaseIterable, Sendable, CustomTestStringConvertible {
    /// All at once.
    case whole
    /// Byte by byte.
    case bytes
    /// In two pieces, split at every position of a short input and at some positions of a long one.
    case splits
    /// In pieces of uneven sizes.
    case uneven

    package var testDescription: String { rawValue }

    /// Returns every delivery of the bytes to try, each a list of pieces.
    package func deliveries(of bytes: [UInt8]) -> [[[UInt8]]] {
        if bytes.count < 2 { return [[bytes]] }
        switch self {
        case .whole:
            return [[bytes]]
        case .bytes:
            return [bytes.map { [$0] }]
        case .splits:
            let step = max(1, bytes.count / (bytes.count > 8192 ? 16 : 400))
            return stride(from: 1, to: bytes.count, by: step).map { [Array(bytes[..<$0]), Array(bytes[$0...])] }
        case .uneven:
            return [3, 7, 61].map { seed in
                var (pieces, rest, size) = ([[UInt8]](), bytes[...], seed)
                while !rest.isEmpty {
                    size = (size * 31 + seed) % 97 + 1
                    pieces.append(Array(rest.prefix(size)))
                    rest = rest.dropFirst(size)
                }
                return pieces
            }
        }
    }
}
