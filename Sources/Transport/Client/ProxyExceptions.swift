/// The hosts that are reached without a proxy, as `NO_PROXY` lists them.
///
/// - `*` matches every host.
/// - A name, with or without a leading dot or `*.`, matches that host and all its subdomains.
/// - An address matches that address; followed by `/` and a number of bits, it matches that network.
/// - Each may be followed by `:` and a port, and then applies to that port only.
///
/// Anything else is ignored.
struct ProxyExceptions: Sendable, Hashable {
    private enum Rule: Sendable, Hashable {
        case everything
        case name(String)
        case network(AddressRange)
    }
    private struct Entry: Sendable, Hashable {
        let rule: Rule
        let port: UInt16?
    }
    private let entries: [Entry]

    init(_ list: String) {
        let items = list.split { $0 == "," || $0.isWhitespace }
        entries = items.compactMap { Self.entry(HTTPSyntax.lowercased(String($0))) }
    }

    /// Returns whether a host, given as an address or a name, is reached directly on a port.
    func contains(_ host: String, port: UInt16) -> Bool {
        let address = SocketAddress(literal: host, port: 0)
        let name = Self.withoutLastDot(Substring(host))
        return entries.contains { entry in
            if let only = entry.port, only != port { return false }
            switch entry.rule {
            case .everything: return true
            case .name(let suffix): return address == nil && (name == suffix || name.hasSuffix(".\(suffix)"))
            case .network(let range): return address.map(range.contains) ?? false
            }
        }
    }

    // MARK: Reading the list

    private static func entry(_ text: String) -> Entry? {
        if let rule = network(text) { return Entry(rule: rule, port: nil) }
        guard let (host, port) = splittingPort(text) else { return nil }
        if host == "*" { return Entry(rule: .everything, port: port) }
        if let rule = network(String(host)) { return Entry(rule: rule, port: port) }
        var name = host
        if name.hasPrefix("*.") { name = name.dropFirst() }
        while name.hasPrefix(".") { name = name.dropFirst() }
        name = Substring(withoutLastDot(name))
        return name.isEmpty ? nil : Entry(rule: .name(String(name)), port: port)
    }

    /// Returns the rule for an address, with or without brackets, or for a network.
    private static func network(_ text: String) -> Rule? {
        let isBracketed = text.hasPrefix("[") && text.hasSuffix("]")
        return AddressRange(isBracketed ? text.dropFirst().dropLast() : text[...]).map { .network($0) }
    }

    /// Splits a text into host and port; returns `nil` if the port is not valid.
    private static func splittingPort(_ text: String) -> (Substring, UInt16?)? {
        guard let colon = text.lastIndex(of: ":") else { return (Substring(text), nil) }
        guard let number = HTTPSyntax.decimal(text[text.index(after: colon)...].utf8),
            let port = UInt16(exactly: number)
        else { return nil }
        return (text[..<colon], port)
    }

    private static func withoutLastDot(_ name: Substring) -> String {
        String(name.hasSuffix(".") ? name.dropLast() : name)
    }
}
