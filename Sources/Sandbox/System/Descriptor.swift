import BenchmarkTransport
import CLinux
import Glibc

/// A file descriptor that is closed when the last reference to it goes, or before.
final class Descriptor: Sendable {
    private let value: Locked<Int32>

    /// Takes ownership of an open descriptor.
    init(owning number: Int32) { value = Locked(number) }

    deinit { close() }

    /// The number, for the next system call; -1 once it is closed.
    var number: Int32 { value.withLock { $0 } }

    /// Gives the number away, to an owner who will close it.
    func release() -> Int32 {
        value.withLock { number in
            defer { number = -1 }
            return number
        }
    }

    /// Closes it now; harmless when repeated.
    func close() {
        let number = release()
        if number >= 0 { Glibc.close(number) }
    }

    /// Both ends of a new pipe, neither inherited by child processes nor non-blocking.
    static func pipe() throws(SandboxError) -> (read: Descriptor, write: Descriptor) {
        var numbers: [Int32] = [-1, -1]
        guard clinux_pipe(&numbers) == 0 else { throw .lastError("cannot create a pipe") }
        return (Descriptor(owning: numbers[0]), Descriptor(owning: numbers[1]))
    }

    /// Opens a path of the host.
    static func open(_ path: String, _ flags: Int32, mode: mode_t = 0) throws(SandboxError) -> Descriptor {
        let number = Glibc.open(path, flags | O_CLOEXEC, mode)
        guard number >= 0 else { throw .lastError("cannot open '\(path)'") }
        return Descriptor(owning: number)
    }

    /// Makes reads and writes answer "would block" instead of waiting.
    func makeNonBlocking() {
        let number = number
        _ = fcntl(number, F_SETFL, fcntl(number, F_GETFL) | O_NONBLOCK)
    }
}

extension BufferedStream {
    /// Our end of a pipe, which it takes over.
    ///
    /// On the loop's thread.
    static func pipe(_ end: Descriptor, on loop: EventLoop) throws(SandboxError) -> BufferedStream {
        end.makeNonBlocking()
        let stream = DescriptorStream(end.release(), on: loop)
        do { try stream.register() } catch { throw .system(error.errorNumber, "cannot watch a pipe") }
        return BufferedStream(stream, on: loop)
    }
}

extension SandboxError {
    /// The failure of the system call just made; to be called before any other.
    static func lastError(_ message: String) -> SandboxError {
        let number = clinux_errno()
        return .system(number, message)
    }

    /// The failure of a system call with that `errno`.
    static func system(_ number: Int32, _ message: String) -> SandboxError {
        SandboxError(.system, "\(message): \(String(cString: strerror(number)))")
    }
}
