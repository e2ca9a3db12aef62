import BenchmarkTransport

/// A bounded set whose members leave it at a time of their own.
///
/// Where it is full, those whose time is up go first, then the one that has not been asked for the longest.
struct ExpiringCache<Member: Hashable & Sendable>: Sendable {
    private struct Entry {
        let end: LoopInstant
        var lastUse: UInt64
    }

    private let maxCount: Int
    private var entries: [Member: Entry] = [:]
    private var uses: UInt64 = 0

    /// A set of at most so many members.
    init(maxCount: Int) { self.maxCount = maxCount }

    /// How many there are, with those whose time is up and that nobody has asked for since.
    var count: Int { entries.count }

    /// Whether a member is there and its time is not up.
    mutating func contains(_ member: Member, now: LoopInstant) -> Bool {
        guard let entry = entries[member] else { return false }
        if entry.end <= now {
            entries[member] = nil
            return false
        }
        uses &+= 1
        entries[member]?.lastUse = uses
        return true
    }

    /// Puts a member in.
    mutating func insert(_ member: Member, until end: LoopInstant, now: LoopInstant) {
        if maxCount <= 0 { return }
        uses &+= 1
        if entries[member] == nil, entries.count >= maxCount {
            entries = entries.filter { $0.value.end > now }
            if entries.count >= maxCount, let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse }) {
                entries[oldest.key] = nil
            }
        }
        entries[member] = Entry(end: end, lastUse: uses)
    }
}
