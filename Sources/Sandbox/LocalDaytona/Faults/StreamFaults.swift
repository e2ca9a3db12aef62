import BenchmarkTransport

/// What is to go wrong with one follower's stream.
///
/// A fault counts when it has an effect, and once for a stream.
struct StreamFaults: Sendable {
    private let injector: FaultInjector
    private var pending: [Fault.Kind: FaultInjector.Pending] = [:]
    private var struck: Set<Fault.Kind> = []

    private static let kinds: [Fault.Kind] = [
        .closeAfter, .dropFinal, .neverClose, .stall, .delay, .split, .splitAtMarker, .textMessages, .noPong,
    ]

    /// Chooses for a follower that begins now.
    init(_ injector: FaultInjector, method: String, route: String) {
        self.injector = injector
        for kind in Self.kinds { pending[kind] = injector.choose(kind, method: method, route: route) }
    }

    /// The fault of a kind that strikes now, or has struck this stream before.
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

    /// The fault of a kind that strikes now; nil if it has struck this stream before.
    mutating func strikeOnce(_ kind: Fault.Kind) -> Fault? { struck.contains(kind) ? nil : strike(kind) }

    /// Whether the final message is to be dropped, so that each has to wait until it is known not to be the final one.
    var mayDropFinal: Bool { pending[.dropFinal] != nil }

    /// How the stream ends with so many bytes, if it does.
    mutating func end(at offset: Int) -> Fault? {
        guard let chosen = pending[.closeAfter], offset >= chosen.fault.value else { return nil }
        return strike(.closeAfter)
    }

    /// How long the stream pauses with so many bytes, if it does.
    mutating func pause(at offset: Int) -> Duration? {
        guard let chosen = pending[.stall], offset >= chosen.fault.after else { return nil }
        return strikeOnce(.stall).map { .milliseconds($0.value) }
    }

    /// How many of the bytes from an offset on go into the next message, of those it may have at most.
    mutating func messageCount(_ bytes: [UInt8], at offset: Int) -> Int {
        var count = bytes.count
        for kind in [Fault.Kind.closeAfter, .stall] {
            // The message before the end, or the pause, ends there.
            guard let fault = pending[kind]?.fault else { continue }
            let place = kind == .stall ? fault.after : fault.value
            if place > offset { count = min(count, place - offset) }
        }
        if let size = pending[.split]?.fault.value, size < count, strike(.split) != nil { count = size }
        if pending[.splitAtMarker] != nil, let end = Self.markerEnd(bytes.prefix(count)), strike(.splitAtMarker) != nil
        {
            count = end
        }
        return count
    }

    /// How many bytes there are up to the end of the first marker; nil without one before the last byte.
    private static func markerEnd(_ bytes: ArraySlice<UInt8>) -> Int? {
        for start in bytes.indices.dropLast(3) {
            let isMarker = LogStream.allCases.contains { bytes[start...].starts(with: $0.marker) }
            if isMarker { return start + 3 }
        }
        return nil
    }
}
