internal import CLinux
import Glibc

/// An address a socket can be bound or connected to: IPv4, IPv6, or a path in the file system.
public struct SocketAddress: Sendable, Hashable, CustomStringConvertible {
    /// The bytes of the `sockaddr_*` structure.
    package let bytes: [UInt8]

    package init(bytes: [UInt8]) { self.bytes = bytes }

    /// Creates an address from a literal, such as `127.0.0.1` or `::1`; `nil` if `host` is a name.
    public init?(literal host: String, port: UInt16) {
        var v4 = sockaddr_in()
        var v6 = sockaddr_in6()
        if inet_pton(AF_INET, host, &v4.sin_addr) == 1 {
            v4.sin_family = sa_family_t(AF_INET)
            v4.sin_port = port.bigEndian
            bytes = withUnsafeBytes(of: v4, Array.init)
        } else if inet_pton(AF_INET6, host, &v6.sin6_addr) == 1 {
            v6.sin6_family = sa_family_t(AF_INET6)
            v6.sin6_port = port.bigEndian
            bytes = withUnsafeBytes(of: v6, Array.init)
        } else {
            return nil
        }
    }

    /// Creates the address of a Unix socket; `nil` if the path is empty, contains a zero byte, or exceeds 107 bytes.
    public init?(path: String) {
        let path = Array(path.utf8)
        let room = MemoryLayout.size(ofValue: sockaddr_un().sun_path)
        if path.isEmpty || path.contains(0) || path.count >= room { return nil }
        bytes = withUnsafeBytes(of: sa_family_t(AF_UNIX), Array.init) + path + [0]
    }

    /// Returns the addresses of a host, given as a literal or a name, in the system's order of preference.
    ///
    /// Blocks on name resolution.
    package static func resolve(_ host: String, port: UInt16) throws(AddressError) -> [SocketAddress] {
        if let literal = SocketAddress(literal: host, port: port) { return [literal] }
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = Int32(AI_ADDRCONFIG)
        var list: UnsafeMutablePointer<addrinfo>?
        let failure = getaddrinfo(host, String(port), &hints, &list)
        defer { if let list { freeaddrinfo(list) } }
        if failure != 0 { throw AddressError(host: host, reason: String(cString: gai_strerror(failure))) }
        var addresses: [SocketAddress] = []
        var entry = list
        while let info = entry?.pointee {
            if let address = info.ai_addr {
                let raw = UnsafeRawBufferPointer(start: address, count: Int(info.ai_addrlen))
                addresses.append(SocketAddress(bytes: Array(raw)))
            }
            entry = info.ai_next
        }
        if addresses.isEmpty { throw AddressError(host: host, reason: "no address") }
        return addresses
    }

    /// Calls `body` with the structure in the form that system calls expect.
    func withSockaddr<R>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R {
        var storage = sockaddr_storage()
        withUnsafeMutableBytes(of: &storage) { $0.copyBytes(from: bytes.prefix($0.count)) }
        return withUnsafePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(bytes.count)) }
        }
    }

    /// Calls `body` with storage for a structure to fill in, and returns it as an address; `nil` if `body` fails.
    static func filled(_ body: (UnsafeMutablePointer<sockaddr>, inout socklen_t) -> Int32) -> SocketAddress? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, &length) }
        }
        if result < 0 { return nil }
        return SocketAddress(bytes: withUnsafeBytes(of: storage) { Array($0.prefix(Int(length))) })
    }

    /// The address family, such as `AF_INET`.
    var family: Int32 {
        bytes.count >= 2 ? Int32(withUnsafeBytes(of: storage) { $0.loadUnaligned(as: sa_family_t.self) }) : AF_UNSPEC
    }

    /// Whether the address is a path in the file system.
    var isPath: Bool { family == AF_UNIX }

    private var storage: sockaddr_storage {
        var storage = sockaddr_storage()
        withUnsafeMutableBytes(of: &storage) { $0.copyBytes(from: bytes.prefix($0.count)) }
        return storage
    }

    private func load<T>(_ type: T.Type) -> T { withUnsafeBytes(of: storage) { $0.loadUnaligned(as: type) } }

    /// The port; 0 for a path.
    public var port: UInt16 {
        switch family {
        case AF_INET: UInt16(bigEndian: load(sockaddr_in.self).sin_port)
        case AF_INET6: UInt16(bigEndian: load(sockaddr_in6.self).sin6_port)
        default: 0
        }
    }

    /// The address without the port: `127.0.0.1`, `::1`, or a path.
    public var host: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        switch family {
        case AF_INET:
            var address = load(sockaddr_in.self).sin_addr
            inet_ntop(AF_INET, &address, &text, socklen_t(text.count))
        case AF_INET6:
            var address = load(sockaddr_in6.self).sin6_addr
            inet_ntop(AF_INET6, &address, &text, socklen_t(text.count))
        default:
            return String(decoding: bytes.dropFirst(2).prefix { $0 != 0 }, as: UTF8.self)
        }
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Whether only this machine can be on the other side: 127.0.0.0/8, also mapped into IPv6, ::1, or a path.
    public var isLoopback: Bool {
        switch family {
        case AF_INET: return bytes.count > 4 && bytes[4] == 127
        case AF_INET6: return host == "::1" || host.hasPrefix("::ffff:127.")
        default: return true
        }
    }

    /// The bytes of an IPv4 or IPv6 address in network byte order; empty for a path.
    var addressBytes: [UInt8] {
        switch family {
        case AF_INET: Array(bytes.dropFirst(4).prefix(4))
        case AF_INET6: Array(bytes.dropFirst(8).prefix(16))
        default: []
        }
    }

    /// The bytes of an IPv4 address that is mapped into IPv6 (RFC 4291 §2.5.5.2); `nil` for any other address.
    var mappedBytes: [UInt8]? {
        let bytes = addressBytes
        guard bytes.count == 16, bytes.prefix(10).allSatisfy({ $0 == 0 }), bytes[10...11] == [0xff, 0xff] else {
            return nil
        }
        return Array(bytes.suffix(4))
    }

    /// The part of the address that stands for one party: an IPv4 address, or the 64-bit prefix of an IPv6 address.
    var network: [UInt8] { mappedBytes ?? (family == AF_INET6 ? Array(addressBytes.prefix(8)) : addressBytes) }

    /// The address as in a URL: `127.0.0.1:8001`, `[::1]:8001`; or the path.
    public var description: String {
        switch family {
        case AF_INET: "\(host):\(port)"
        case AF_INET6: "[\(host)]:\(port)"
        default: host
        }
    }
}

/// A host name that could not be resolved.
public struct AddressError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The name as it was given.
    public let host: String
    /// The reason, in the resolver's words.
    public let reason: String

    /// For example `cannot resolve 'nope.invalid': Name or service not known`.
    public var description: String { "cannot resolve '\(host)': \(reason)" }
}
