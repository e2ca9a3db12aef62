internal import CLinux
import Glibc

/// The file of the Unix socket that a server listens on.
struct SocketFile: Sendable {
    private let path: String
    private let device: dev_t
    private let number: ino_t

    /// Makes room for a socket at a path: a socket on which nobody listens any more is removed.
    ///
    /// - Throws: ``SystemError`` with `EADDRINUSE` if somebody does, or if the file is something else.
    static func makeRoom(at address: SocketAddress) throws(SystemError) {
        guard let file = SocketFile(at: address) else { return }
        let inUse = SystemError(errorNumber: EADDRINUSE, operation: "bind \(address)")
        do throws(SystemError) {
            close(try Socket.startConnecting(to: address))
            throw inUse
        } catch {
            // EAGAIN means a full queue, so somebody is listening.
            if error.errorNumber != ECONNREFUSED || !file.isSocket { throw inUse }
        }
        file.remove()
    }

    /// Whether the file is a socket.
    private let isSocket: Bool

    /// Looks up the file at a path; `nil` if there is none.
    init?(at address: SocketAddress) {
        var information = stat()
        guard lstat(address.host, &information) == 0 else { return nil }
        (path, device, number) = (address.host, information.st_dev, information.st_ino)
        isSocket = information.st_mode & S_IFMT == S_IFSOCK
    }

    /// Removes the file, unless there is another one at its path by now.
    func remove() {
        var information = stat()
        guard lstat(path, &information) == 0, information.st_dev == device, information.st_ino == number else { return }
        unlink(path)
    }
}
