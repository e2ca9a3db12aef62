import BenchmarkTransport

/// The faults of one follower's stream.
///
/// A fault counts when it has an effect, and once per stream.
struct StreamFaults: Sendable {
    private let injector: FaultInjector
    private var pending: [Fault.Kind: FaultInjector.Pending] = [:]
    private var struck: Set<Fault.Kind> = []

    private static let kinds: [Fault.Kind] = [
        .closeAfter, .dropFinal, .neverClose, .stall, .delay, .split, .splitAtMarker, .textMessages, .noPong,
    ]

    /// Chooses the faults of a follower that starts now.
    init(_ injector: FaultInjector, method: String, route: String) {
        self.injector = injector
        for kind in Self.kinds { pending[kind] = injector.choose(kind, method: method, route: route) }
    }

    /// Returns the fault of a kind that strikes now, or has already struck this stream.
    mutating func strike(_ kind: Fault.Kind) -> Fault? {
        guard let chosen = pending[kind] else { return nil }
        if struck.contains(kind) { return chosen.fault }
        guard injector.strike(chosen) else {
            pending[kind] = nil
            return nil
        }
        struck.insert(kind)
        return chosen.fault
    }

    /// Returns the fault of a kind that strikes now; `nil` if it has already struck this stream.
    mutating func strikeOnce(_ kind: Fault.Kind) -> Fault? { struck.contains(kind) ? nil : strike(kind) }

    /// Whether the final message may be dropped, so that each is held back until it is known not to be the final one.
    var mayDropFinal: Bool { pending[.dropFinal] != nil }

    /// Returns the fault that ends the stream after `offset` bytes, if any.
    mutating func end(at offset: Int) -> Fault? {
        guard let chosen = pending[.closeAfter], offset >= chosen.fault.value else { return nil }
        return strike(.closeAfter)
    }

    /// Returns how long the stream pauses after `offset` bytes, if it does.
    mutating func pause(at offset: Int) -> Duration? {
        guard let chosen = pending[.stall], offset >= chosen.fault.after else { return nil }
        return strikeOnce(.stall).map { .milliseconds($0.value) }
    }

    /// Returns how many of the bytes, which start at `offset` in the stream, go into the next message.
    mutating func messageCount(_ bytes: [UInt8], at offset: Int) -> Int {
        var count = bytes.count
        for kind in [Fault.Kind.closeAfter, .stall] {
            // The message before the end, or before the pause, ends there.
            guard let fault = pending[kind]?.fault else { continue }
            let place = kind == .stall ? fault.after : fault.value
            if place > offset { count = min(count, place - offset) }
        }
        // At least one byte: otherwise empty messages would follow one another for ever.
        if let size = pending[.split].map({ max(1, $0.fault.value) }), size < count, strike(.split) != nil {
            count = size
        }
        if pending[.splitAtMarker] != nil, let end = Self.markerEnd(bytes.prefix(count)), strike(.splitAtMarker) != nil
        {
            count = end
        }
        return count
    }

    /// Returns the number of bytes up to the end of the first marker; `nil` if no marker ends before the last byte.
    private static func markerEnd(_ bytes: ArraySlice<UInt8>) -> Int? {
        for start in bytes.indices.dropLast(3) {
            let isMarker = LogStream.allCases.contains { bytes[start...].starts(with: $0.marker) }
            if isMarker { return start + 3 }
        }
        return nil
    }
}
