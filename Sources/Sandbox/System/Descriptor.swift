import BenchmarkTransport
import CLinux
import Glibc

/// A file descriptor that is closed when the last reference to it goes away, or earlier.
final class Descriptor: Sendable {
    private let value: Locked<Int32>

    /// Takes ownership of an open descriptor.
    init(owning number: Int32) { value = Locked(number) }

    deinit { close() }

    /// The number, for the next system call; -1 once it is closed.
    var number: Int32 { value.withLock { $0 } }

    /// Gives up the number to a new owner, who will close it.
    func release() -> Int32 {
        value.withLock { number in
            defer { number = -1 }
            return number
        }
    }

    /// Closes it now; repeating this is harmless.
    func close() {
        let number = release()
        if number >= 0 { Glibc.close(number) }
    }

    /// Creates a pipe and returns both ends, neither inherited by child processes nor non-blocking.
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

    /// Makes reads and writes fail with "would block" instead of waiting.
    func makeNonBlocking() {
        let number = number
        _ = fcntl(number, F_SETFL, fcntl(number, F_GETFL) | O_NONBLOCK)
    }
}

extension BufferedStream {
    /// Returns a stream for our end of a pipe, which takes it over.
    ///
    /// A full pipe means that its reader is busy, however long that lasts. Must be called on the loop's thread.
    static func pipe(_ end: Descriptor, on loop: EventLoop) throws(SandboxError) -> BufferedStream {
        end.makeNonBlocking()
        let stream = DescriptorStream(end.release(), on: loop)
        do { try stream.register() } catch { throw .system(error.errorNumber, "cannot watch a pipe") }
        let pipe = BufferedStream(stream, on: loop)
        pipe.writeStallLimit = .seconds(10 * 365 * 86_400)
        return pipe
    }
}

extension SandboxError {
    /// Returns the failure of the system call just made; must be called before any other.
    static func lastError(_ message: String) -> SandboxError {
        let number = clinux_errno()
        return .system(number, message)
    }

    /// Returns the failure of a system call with the given `errno`.
    static func system(_ number: Int32, _ message: String) -> SandboxError {
        SandboxError(.system, "\(message): \(String(cString: strerror(number)))")
    }
}
