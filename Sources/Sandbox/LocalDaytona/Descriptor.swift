import CLinux
import Glibc

/// A file descriptor that is closed when the last reference to it goes.
final class Descriptor: Sendable {
    /// The number, valid as long as this object is.
    let number: Int32

    /// Takes ownership of an open descriptor.
    init(owning number: Int32) { self.number = number }

    deinit { Glibc.close(number) }

    /// Both ends of a new pipe, neither inherited by child processes nor non-blocking.
    static func pipe() throws(SandboxError) -> (read: Descriptor, write: Descriptor) {
        var numbers: [Int32] = [-1, -1]
        guard pipe2(&numbers, O_CLOEXEC) == 0 else { throw .lastError("cannot create a pipe") }
        return (Descriptor(owning: numbers[0]), Descriptor(owning: numbers[1]))
    }

    /// Opens a path of the host.
    static func open(_ path: String, _ flags: Int32, mode: mode_t = 0) throws(SandboxError) -> Descriptor {
        let number = Glibc.open(path, flags | O_CLOEXEC, mode)
        guard number >= 0 else { throw .lastError("cannot open '\(path)'") }
        return Descriptor(owning: number)
    }

    /// A second descriptor for the same open file, for an owner of its own.
    func duplicateNumber() throws(SandboxError) -> Int32 {
        let number = fcntl(self.number, F_DUPFD_CLOEXEC, 0)
        guard number >= 0 else { throw .lastError("cannot duplicate a descriptor") }
        return number
    }

    /// Makes reads and writes answer "would block" instead of waiting.
    func makeNonBlocking() {
        _ = fcntl(number, F_SETFL, fcntl(number, F_GETFL) | O_NONBLOCK)
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
