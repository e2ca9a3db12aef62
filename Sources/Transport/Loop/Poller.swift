internal import CLinux
import Glibc

/// What a descriptor is ready for, as `epoll_wait` reported it.
package struct Readiness: OptionSet, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Bytes, a connection or an event can be read.
    package static let readable = Readiness(rawValue: EPOLLIN.rawValue)
    /// There is room to write.
    package static let writable = Readiness(rawValue: EPOLLOUT.rawValue)
    /// The peer has finished sending, or the descriptor is dead: the end of the stream can be read.
    package static let hangup = Readiness(rawValue: EPOLLRDHUP.rawValue | EPOLLHUP.rawValue | EPOLLERR.rawValue)
}

/// A handler that is told, on the loop's thread, when its descriptor becomes ready.
///
/// Edge-triggered: each change is reported once.
package protocol ReadinessHandler: AnyObject {
    /// Handles the readiness of the descriptor.
    func signal(_ readiness: Readiness)
}

/// A thin layer over one epoll instance and its wake-up descriptor.
///
/// Contains no policy; used only on the loop's thread.
struct Poller: ~Copyable {
    private let epoll: Int32
    /// Lets other threads end a wait.
    let wakeUp: WakeUp
    private var events: [epoll_event]
    private var slots: [Slot] = []
    private var freeSlots: [Int] = []

    /// The place of a registration.
    ///
    /// The generation tells events of the current owner from those of a former one.
    private struct Slot {
        var handler: (any ReadinessHandler)?
        var generation: UInt32 = 0
    }

    /// Identifies a registration until it is removed.
    struct Key: Hashable, Sendable { fileprivate let index: Int, generation: UInt32 }

    private static let wakeUpData = UInt64.max

    init() throws(SystemError) {
        let opened = try Self.open()
        (epoll, wakeUp) = (opened.epoll, WakeUp(descriptor: opened.wakeUp))
        events = Array(repeating: epoll_event(), count: 256)
    }

    private static func open() throws(SystemError) -> (epoll: Int32, wakeUp: Int32) {
        let epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        if epoll < 0 { throw SystemError.last("epoll_create1") }
        let wakeUp = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
        if wakeUp >= 0, clinux_epoll_ctl(epoll, EPOLL_CTL_ADD, wakeUp, EPOLLIN.rawValue, wakeUpData) == 0 {
            return (epoll, wakeUp)
        }
        let error = SystemError.last("eventfd")
        if wakeUp >= 0 { _ = close(wakeUp) }
        _ = close(epoll)
        throw error
    }

    deinit {
        _ = close(wakeUp.descriptor)
        _ = close(epoll)
    }

    /// Registers a descriptor once for reading, writing and hang-up, edge-triggered; this is never modified afterwards.
    mutating func add(_ fileDescriptor: Int32, _ handler: any ReadinessHandler) throws(SystemError) -> Key {
        let index = freeSlots.popLast() ?? slots.count
        if index == slots.count { slots.append(Slot()) }
        slots[index].handler = handler
        let key = Key(index: index, generation: slots[index].generation)
        let interest = EPOLLIN.rawValue | EPOLLOUT.rawValue | EPOLLRDHUP.rawValue | (1 << 31)  // EPOLLET
        let data = UInt64(key.generation) << 32 | UInt64(UInt32(truncatingIfNeeded: index))
        guard clinux_epoll_ctl(epoll, Int32(EPOLL_CTL_ADD), fileDescriptor, interest, data) == 0 else {
            let error = SystemError.last("epoll_ctl")
            release(key)
            throw error
        }
        return key
    }

    /// Ends a registration; must be called before the descriptor is closed.
    ///
    /// Later events of the same batch no longer reach its handler.
    mutating func remove(_ fileDescriptor: Int32, _ key: Key) {
        guard slots.indices.contains(key.index), slots[key.index].generation == key.generation else { return }
        _ = clinux_epoll_ctl(epoll, Int32(EPOLL_CTL_DEL), fileDescriptor, 0, 0)
        release(key)
    }

    private mutating func release(_ key: Key) {
        slots[key.index].handler = nil
        slots[key.index].generation &+= 1
        freeSlots.append(key.index)
    }

    /// Waits up to `timeoutMilliseconds` (-1 means no limit) and returns the number of events.
    mutating func wait(timeoutMilliseconds: Int32) -> Int {
        let count = epoll_wait(epoll, &events, Int32(events.count), timeoutMilliseconds)
        return max(0, Int(count))  // EINTR reads as an empty batch; the loop comes back
    }

    /// Returns the handler and readiness of event `index` of the last batch; `nil` for the wake-up or if the owner is
    /// gone.
    mutating func event(_ index: Int) -> (any ReadinessHandler, Readiness)? {
        let data = clinux_epoll_data(&events[index])
        if data == Self.wakeUpData {
            wakeUp.acknowledge()
            return nil
        }
        let slot = Int(data & 0xffff_ffff)
        guard slot < slots.count, slots[slot].generation == UInt32(data >> 32), let handler = slots[slot].handler else {
            return nil
        }
        return (handler, Readiness(rawValue: events[index].events))
    }
}

/// Wakes a sleeping loop through a descriptor that its poller watches.
///
/// Separate from the poller, which the loop's thread holds exclusively while it waits; this is for all other threads.
struct WakeUp: Sendable {
    let descriptor: Int32

    /// Makes the loop's current or next wait return; callable from any thread.
    func wake() {
        var one: UInt64 = 1
        _ = write(descriptor, &one, 8)
    }

    /// Resets the descriptor after a wake-up.
    func acknowledge() {
        var counter: UInt64 = 0
        _ = read(descriptor, &counter, 8)
    }
}
