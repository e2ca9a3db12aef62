internal import CLinux
import Glibc

/// The file of a Unix socket that a server listens on.
struct SocketFile: Sendable {
    private let path: String
    private let device: dev_t
    private let number: ino_t

    /// Makes room for a socket at a path: a socket on which nobody answers any more is removed.
    ///
    /// - Throws: ``SystemError`` with `EADDRINUSE` if somebody does, or if the file is something else.
    static func makeRoom(at address: SocketAddress) throws(SystemError) {
        guard let file = SocketFile(at: address) else { return }
        let inUse = SystemError(errorNumber: EADDRINUSE, operation: "bind \(address)")
        do throws(SystemError) {
            close(try Socket.startConnecting(to: address))
            throw inUse
        } catch {
            // A full queue is EAGAIN; whoever has one is there.
            if error.errorNumber != ECONNREFUSED || !file.isSocket { throw inUse }
        }
        file.remove()
    }

    /// Whether it is a socket.
    private let isSocket: Bool

    /// What is at a path now; nil if nothing is.
    init?(at address: SocketAddress) {
        var information = stat()
        guard lstat(address.host, &information) == 0 else { return nil }
        (path, device, number) = (address.host, information.st_dev, information.st_ino)
        isSocket = information.st_mode & S_IFMT == S_IFSOCK
    }

    /// Removes the file, unless there is another at its path by now.
    func remove() {
        var information = stat()
        guard lstat(path, &information) == 0, information.st_dev == device, information.st_ino == number else { return }
        unlink(path)
    }
}
