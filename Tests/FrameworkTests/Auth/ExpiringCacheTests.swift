import Testing

@testable import BenchmarkFramework

@Suite("A set whose members expire")
struct ExpiringCacheTests {
    private func check<Member>(_ cache: inout ExpiringCache<Member>, _ member: Member, now: Int64, _ isThere: Bool) {
        let found = cache.contains(member, now: now)
        #expect(found == isThere, "\(member) at \(now)")
    }

    @Test("a member stays until it expires, however often it is looked up")
    func time() {
        var cache = ExpiringCache<String>(maxCount: 2)
        cache.insert("a", until: 10, now: 0)
        for now in Int64(0)..<10 { check(&cache, "a", now: now, true) }
        check(&cache, "a", now: 10, false)
        #expect(cache.count == 0)
        check(&cache, "b", now: 0, false)
    }

    @Test("a full set drops expired members first, then the one least recently looked up")
    func full() {
        var cache = ExpiringCache<String>(maxCount: 3)
        cache.insert("short", until: 5, now: 0)
        cache.insert("old", until: 100, now: 1)
        cache.insert("asked", until: 100, now: 2)
        cache.insert("new", until: 100, now: 6)
        check(&cache, "old", now: 6, true)
        check(&cache, "asked", now: 6, true)
        check(&cache, "new", now: 6, true)
        check(&cache, "old", now: 6, true)
        cache.insert("newer", until: 100, now: 7)
        #expect(cache.count == 3)
        check(&cache, "asked", now: 7, false)
        check(&cache, "old", now: 7, true)
        cache.insert("newer", until: 200, now: 8)
        #expect(cache.count == 3)
        check(&cache, "newer", now: 150, true)
    }

    @Test("a set without capacity keeps nothing")
    func none() {
        var cache = ExpiringCache<Int>(maxCount: 0)
        cache.insert(1, until: 10, now: 0)
        check(&cache, 1, now: 0, false)
    }
}
