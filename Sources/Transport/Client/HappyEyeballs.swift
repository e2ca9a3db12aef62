/// The order in which the addresses of a name are tried (RFC 8305 §4).
package enum HappyEyeballs {
    /// Returns the addresses with alternating families, starting with the family that the system put first.
    ///
    /// Within a family, the system's order is kept (RFC 6724 §6).
    package static func interleaved(_ addresses: [SocketAddress]) -> [SocketAddress] {
        guard let preferred = addresses.first?.family else { return [] }
        var first = addresses.filter { $0.family == preferred }[...]
        var other = addresses.filter { $0.family != preferred }[...]
        var ordered: [SocketAddress] = []
        while !first.isEmpty || !other.isEmpty {
            if let address = first.popFirst() { ordered.append(address) }
            if let address = other.popFirst() { ordered.append(address) }
        }
        return ordered
    }
}
