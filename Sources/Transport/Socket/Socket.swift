internal import CLinux
import Glibc

/// Thin wrappers of the socket calls: non-blocking, not inherited by children, with `errno` turned into
/// ``SystemError``.
enum Socket {
    static func listen(on address: SocketAddress, backlog: Int32) throws(SystemError) -> Int32 {
        let descriptor = try make(address)
        var one: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
        guard address.withSockaddr({ bind(descriptor, $0, $1) }) == 0 else {
            throw closing(descriptor, "bind \(address)")
        }
        guard Glibc.listen(descriptor, backlog) == 0 else { throw closing(descriptor, "listen \(address)") }
        return descriptor
    }

    /// Starts a connection; it is established, or has failed, when the descriptor becomes writable.
    static func startConnecting(to address: SocketAddress) throws(SystemError) -> Int32 {
        let descriptor = try make(address)
        disableDelay(descriptor)
        if address.withSockaddr({ connect(descriptor, $0, $1) }) == 0 || clinux_errno() == EINPROGRESS {
            return descriptor
        }
        throw closing(descriptor, "connect \(address)")
    }

    /// Returns why a started connection failed, or `nil` if it is established.
    static func connectFailure(_ descriptor: Int32, to address: SocketAddress) -> SystemError? {
        var error: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &length)
        return error == 0 ? nil : SystemError(errorNumber: error, operation: "connect \(address)")
    }

    /// Accepts the next pending connection; returns `nil` if there is none.
    static func accept(_ listener: Int32) throws(SystemError) -> (descriptor: Int32, peer: SocketAddress)? {
        while true {
            var descriptor: Int32 = -1
            let peer = SocketAddress.filled { address, length in
                descriptor = clinux_accept(listener, address, &length)
                return descriptor
            }
            if descriptor >= 0, let peer { return (descriptor, peer) }
            switch clinux_errno() {
            case EAGAIN: return nil
            case EINTR, ECONNABORTED: continue
            default: throw SystemError.last("accept")
            }
        }
    }

    static func localAddress(_ descriptor: Int32) -> SocketAddress? {
        SocketAddress.filled { getsockname(descriptor, $0, &$1) }
    }

    /// Makes small writes leave at once: the loop has already gathered them.
    static func disableDelay(_ descriptor: Int32) {
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Makes closing a connection reset it, discarding unsent bytes.
    static func resetOnClose(_ descriptor: Int32) {
        var now = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
    }

    /// Closes a connection with a reset, discarding unsent bytes.
    static func reset(_ descriptor: Int32) {
        resetOnClose(descriptor)
        close(descriptor)
    }

    private static func make(_ address: SocketAddress) throws(SystemError) -> Int32 {
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(address.family, kind, 0)
        if descriptor < 0 { throw SystemError.last("socket for \(address)") }
        return descriptor
    }

    private static func closing(_ descriptor: Int32, _ operation: String) -> SystemError {
        let error = SystemError.last(operation)
        close(descriptor)
        return error
    }
}
