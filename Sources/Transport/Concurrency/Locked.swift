import Glibc

/// A value behind a `pthread_mutex_t`.
///
/// `Synchronization.Mutex` would do, but Thread Sanitizer does not understand its futex on Linux and reports false
/// races; it does understand a pthread mutex. Never suspend or resume a continuation inside ``withLock(_:)``: return
/// what is to be done and do it outside.
package final class Locked<Value>: @unchecked Sendable {
    // Safe to share: `value` is touched only with `mutex` held.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private var value: Value

    package init(_ value: sending Value) {
        self.value = value
        mutex.initialize(to: pthread_mutex_t())
        pthread_mutex_init(mutex, nil)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    /// Calls `body` with exclusive access to the value.
    package func withLock<R>(_ body: (inout sending Value) throws -> sending R) rethrows -> sending R {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body(&value)
    }
}
