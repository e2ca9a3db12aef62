import BenchmarkTransport

/// A bounded set whose members expire, each at its own time.
///
/// When the set is full, expired members are removed first, then the least recently used one.
struct ExpiringCache<Member: Hashable & Sendable>: Sendable {
    private struct Entry {
        let end: LoopInstant
        var lastUse: UInt64
    }

    private let maxCount: Int
    private var entries: [Member: Entry] = [:]
    private var uses: UInt64 = 0

    /// An empty set with a maximum number of members.
    init(maxCount: Int) { self.maxCount = maxCount }

    /// The number of members, including expired ones that have not been looked up since.
    var count: Int { entries.count }

    /// Returns whether the set contains a member that has not expired.
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

    /// Inserts a member.
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
