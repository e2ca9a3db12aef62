/// A network of IP addresses, such as `10.0.0.0/8`, or a single address.
package struct AddressRange: Sendable, Hashable {
    private let bytes: [UInt8]
    private let bits: Int

    /// Parses an address with a number of bits after a slash, or a single address; `nil` for anything else.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let host = parts.first, let address = SocketAddress(literal: String(host), port: 0) else { return nil }
        bytes = address.addressBytes
        guard parts.count == 2 else {
            bits = bytes.count * 8
            return
        }
        guard let bits = HTTPSyntax.decimal(parts[1].utf8), bits <= bytes.count * 8 else { return nil }
        self.bits = bits
    }

    /// Returns whether the range contains an address; an IPv4 address may also be mapped into IPv6.
    package func contains(_ address: SocketAddress) -> Bool {
        let other = address.addressBytes
        return isEqual(to: other) || address.mappedBytes.map(isEqual) ?? false
    }

    private func isEqual(to other: [UInt8]) -> Bool {
        if other.count != bytes.count { return false }
        let whole = bits / 8
        if other.prefix(whole) != bytes.prefix(whole) { return false }
        guard bits % 8 > 0, whole < bytes.count else { return true }
        let mask = UInt8.max << UInt8(8 - bits % 8)
        return other[whole] & mask == bytes[whole] & mask
    }
}
