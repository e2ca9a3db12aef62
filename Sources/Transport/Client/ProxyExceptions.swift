/// The hosts that are reached without a proxy, as `NO_PROXY` lists them.
///
/// - `*` is every host.
/// - A name is that host and all below it, with or without a leading dot or `*.`.
/// - An address is that address, or with `/` and a number of bits a network of them.
/// - Each may be followed by `:` and a port, and then holds for that port only.
///
/// What is none of this is no exception.
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

    /// Whether a host, literal or name, is reached directly on a port.
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

    /// An address, by itself or in brackets, or a network.
    private static func network(_ text: String) -> Rule? {
        let isBracketed = text.hasPrefix("[") && text.hasSuffix("]")
        return AddressRange(isBracketed ? text.dropFirst().dropLast() : text[...]).map { .network($0) }
    }

    /// Host and port; nil if what should be the port is none.
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
