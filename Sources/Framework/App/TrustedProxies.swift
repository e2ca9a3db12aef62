import BenchmarkTransport
import Foundation

/// The proxies whose word about the client of a request is believed.
struct TrustedProxies: Sendable, Hashable {
    private var trustsAll = false
    private var trustsThisMachine = false
    private var ranges: [AddressRange] = []

    /// An entry that is none.
    struct Mistake: Error, CustomStringConvertible {
        let description: String
    }

    /// - Parameter entries: addresses and networks; `127.0.0.1`, `::1` or `localhost` for this machine with its Unix
    ///   sockets; `*` for everybody.
    /// - Throws: for the first that is nothing of these.
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

    /// Whether an address is one of theirs.
    func contains(_ address: SocketAddress) -> Bool {
        trustsAll || trustsThisMachine && address.isLoopback || ranges.contains { $0.contains(address) }
    }

    /// Whether a peer that is trusted says that the client came over TLS, in `x-forwarded-proto`.
    func saySecure(_ fields: HTTPFields, from peer: SocketAddress) -> Bool {
        let scheme = fields[.xForwardedProto]?.lowercased()
        return (scheme == "https" || scheme == "wss") && contains(peer)
    }

    /// The client of a request: the peer, or who is in front of the trusted proxies in `x-forwarded-for`.
    ///
    /// Each proxy appends whom it was asked by; so the list is read from its end, up to the first that is not trusted. What
    /// is no address ends it as well.
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

    /// The address of an entry, which may have a port.
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
    /// Whether a proxy says that it asks on behalf of somebody else.
    var wereForwarded: Bool { contains(.xForwardedFor) || self["forwarded"] != nil }
}
