internal import CLinux
import Glibc

/// Starts a detached thread that runs `body` with all signals blocked: signals belong to the main thread.
///
/// - Throws: ``SystemError`` if the system cannot start another thread.
func startThread(
    name: String,
    stackBytes: Int = 2 << 20,
    _ body: @escaping @Sendable () -> Void
) throws(SystemError) {
    final class Start {
        let name: String
        let body: @Sendable () -> Void
        init(_ name: String, _ body: @escaping @Sendable () -> Void) { (self.name, self.body) = (name, body) }
    }
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    pthread_attr_setstacksize(&attributes, stackBytes)
    defer { pthread_attr_destroy(&attributes) }

    var blocked = sigset_t()
    var former = sigset_t()
    sigfillset(&blocked)
    pthread_sigmask(SIG_SETMASK, &blocked, &former)  // inherited by the new thread
    defer { pthread_sigmask(SIG_SETMASK, &former, nil) }

    var thread = pthread_t()
    let argument = Unmanaged.passRetained(Start(name, body)).toOpaque()
    let failure = pthread_create(
        &thread,
        &attributes,
        { argument in
            guard let argument else { return nil }
            let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
            clinux_name_thread(start.name)
            start.body()
            return nil
        },
        argument
    )
    if failure != 0 {
        Unmanaged<Start>.fromOpaque(argument).release()
        throw SystemError(errorNumber: failure, operation: "pthread_create")
    }
}
