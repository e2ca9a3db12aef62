import BenchmarkTransport
import Foundation

/// The proxies that are trusted to say who the client of a request is.
struct TrustedProxies: Sendable, Hashable {
    private var trustsAll = false
    private var trustsThisMachine = false
    private var ranges: [AddressRange] = []

    /// An invalid entry.
    struct Mistake: Error, CustomStringConvertible {
        let description: String
    }

    /// - Parameter entries: addresses and networks; `127.0.0.1`, `::1` or `localhost` for this machine, including its
    ///   Unix sockets; `*` for all.
    /// - Throws: ``Mistake`` for the first entry that is none of these.
    init(_ entries: [String]) throws(Mistake) {
        for entry in entries {
            switch entry {
            case "": continue
            case "*": trustsAll = true
            case "127.0.0.1", "::1", "localhost": trustsThisMachine = true
            default:
                guard let range = AddressRange(entry) else {
                    throw Mistake(description: "'\(entry)' is neither an address nor a network such as 10.0.0.0/8")
                }
                ranges.append(range)
            }
        }
    }

    /// Returns whether an address is that of a trusted proxy.
    func contains(_ address: SocketAddress) -> Bool {
        trustsAll || trustsThisMachine && address.isLoopback || ranges.contains { $0.contains(address) }
    }

    /// Returns whether the peer is trusted and says, in `x-forwarded-proto`, that the client used TLS.
    func saySecure(_ fields: HTTPFields, from peer: SocketAddress) -> Bool {
        let scheme = fields[.xForwardedProto]?.lowercased()
        return (scheme == "https" || scheme == "wss") && contains(peer)
    }

    /// Returns the client of a request: the peer, or the address before the trusted proxies in `x-forwarded-for`.
    ///
    /// Each proxy appends the address that it was asked by, so the list is read from its end, up to the first address
    /// that is not trusted. An entry that is not an address ends it as well.
    func client(_ fields: HTTPFields, from peer: SocketAddress) -> SocketAddress {
        guard contains(peer), fields.contains(.xForwardedFor) else { return peer }
        var client = peer
        for entry in fields.tokens(in: .xForwardedFor).reversed() {
            guard let address = Self.address(entry) else { break }
            client = address
            if !contains(address) { break }
        }
        return client
    }

    /// Returns the address in an entry, which may include a port.
    private static func address(_ text: String) -> SocketAddress? {
        var host = text[...]
        if host.hasPrefix("["), let end = host.firstIndex(of: "]") {
            host = host[host.index(after: host.startIndex)..<end]
        } else if let colon = host.firstIndex(of: ":"), host[colon...].dropFirst().allSatisfy(\.isNumber) {
            host = host[..<colon]
        }
        return SocketAddress(literal: String(host), port: 0)
    }
}

extension HTTPFields {
    /// Whether a proxy says that it asks on behalf of someone else.
    var wereForwarded: Bool { contains(.xForwardedFor) || self["forwarded"] != nil }
}
