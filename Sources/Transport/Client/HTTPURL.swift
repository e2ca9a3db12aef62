/// An absolute `http`, `https`, `ws` or `wss` URL (RFC 3986, RFC 9110 §4.2, RFC 6455 §3), taken apart.
///
/// A fragment is dropped. User information is refused: credentials belong into a field, where they are not logged.
public struct HTTPURL: Sendable, Hashable, CustomStringConvertible {
    /// Whether TLS is spoken: `https` or `wss`.
    public let isSecure: Bool
    /// The host without brackets, lower-case.
    public let host: String
    /// The port, the scheme's own if none was given.
    public let port: UInt16
    /// Path and query as they go into the request line; begins with `/`.
    public let target: String

    /// Parses a URL.
    ///
    /// - Throws: ``HTTPClientError`` with code `.invalidURL`, naming the text and what is wrong.
    public init(_ text: String) throws(HTTPClientError) {
        func fail(_ reason: String) -> HTTPClientError { .init(.invalidURL, "invalid URL '\(text)': \(reason)") }
        // By bytes: a combining character behind a delimiter would hide it among the text's characters.
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")), text.utf8[colon...].starts(with: "://".utf8)
        else { throw fail("no scheme") }
        switch HTTPSyntax.lowercased(String(text[..<colon])) {
        case "http", "ws": isSecure = false
        case "https", "wss": isSecure = true
        default: throw fail("the scheme is none of http, https, ws, wss")
        }
        let rest = text.utf8[colon...].dropFirst(3)
        let end = rest.firstIndex { "/?#".utf8.contains($0) } ?? rest.endIndex
        if rest[..<end].contains(UInt8(ascii: "@")) { throw fail("user information is not supported") }
        guard let (host, port) = Self.split(Substring(rest[..<end]), defaultPort: isSecure ? 443 : 80) else {
            throw fail("bad host or port")
        }
        (self.host, self.port) = (host, port)
        var target = String(Substring(rest[end...].prefix { $0 != UInt8(ascii: "#") }))
        if target.utf8.first != UInt8(ascii: "/") { target = "/" + target }
        guard target.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f }) else { throw fail("blank or control character") }
        self.target = Self.escapingNonASCII(target)
    }

    private init(isSecure: Bool, host: String, port: UInt16, target: String) {
        (self.isSecure, self.host, self.port, self.target) = (isSecure, host, port, target)
    }

    private static func split(_ authority: Substring, defaultPort: UInt16) -> (String, UInt16)? {
        guard HTTPHost.isValid(authority.utf8) else { return nil }
        var host = authority
        var port: Substring?
        if authority.hasPrefix("[") {
            guard let close = authority.firstIndex(of: "]") else { return nil }
            host = authority[authority.index(after: authority.startIndex)..<close]
            let rest = authority[authority.index(after: close)...]
            if rest.hasPrefix(":") { port = rest.dropFirst() } else if !rest.isEmpty { return nil }
        } else if let colon = authority.lastIndex(of: ":") {
            host = authority[..<colon]
            port = authority[authority.index(after: colon)...]
        }
        if host.isEmpty { return nil }
        guard let port, !port.isEmpty else { return (host.lowercased(), defaultPort) }
        guard let number = UInt16(port) else { return nil }
        return (host.lowercased(), number)
    }

    private static func escapingNonASCII(_ text: String) -> String {
        if text.utf8.allSatisfy({ $0 < 0x80 }) { return text }
        let escaped = text.utf8.map { byte -> String in
            byte < 0x80 ? String(UnicodeScalar(byte)) : percentEncoded(byte)
        }
        return escaped.joined()
    }

    private static func percentEncoded(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16, uppercase: true)
        return digits.utf8.count == 1 ? "%0" + digits : "%" + digits
    }

    /// Percent-encodes everything but the unreserved characters (RFC 3986 §2.3), for a path segment or a query value.
    public static func escape(_ text: String) -> String {
        var escaped = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                escaped.unicodeScalars.append(UnicodeScalar(byte))
            default: escaped += percentEncoded(byte)
            }
        }
        return escaped
    }

    /// Where a reference leads that this URL's resource answered with, as a `location` field does: absolute, with the
    /// same scheme, or relative to the host, the path or the query (RFC 3986 §5.2, without dot segments).
    public func resolve(_ reference: String) throws(HTTPClientError) -> HTTPURL {
        let scheme = isSecure ? "https" : "http"
        let path = target.prefix { $0 != "?" }
        switch reference.utf8.first {
        case nil, UInt8(ascii: "#"): return self
        case _ where Self.hasScheme(reference): return try HTTPURL(reference)
        case UInt8(ascii: "?"): return try HTTPURL("\(scheme)://\(authority)\(path)\(reference)")
        case UInt8(ascii: "/"):
            if reference.utf8.starts(with: "//".utf8) { return try HTTPURL("\(scheme):\(reference)") }
            return try HTTPURL("\(scheme)://\(authority)\(reference)")
        default:
            let directory = path[..<(path.lastIndex(of: "/") ?? path.startIndex)]
            return try HTTPURL("\(scheme)://\(authority)\(directory)/\(reference)")
        }
    }

    /// Whether a reference begins with a scheme (RFC 3986 §3.1): a colon in a later place means nothing.
    private static func hasScheme(_ reference: String) -> Bool {
        let scheme = reference.utf8.prefix { byte in
            switch HTTPSyntax.lowercased(byte) {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
            default: "+-.".utf8.contains(byte)
            }
        }
        guard let first = scheme.first, HTTPSyntax.lowercased(first) >= UInt8(ascii: "a") else { return false }
        return reference.utf8.dropFirst(scheme.count).first == UInt8(ascii: ":")
    }

    /// The same host with another path and query.
    ///
    /// - Parameter path: is appended to this URL's path, whose trailing slash is dropped; begins with `/`.
    public func appending(_ path: String) -> HTTPURL {
        var base = String(target.prefix { $0 != "?" })
        while base.hasSuffix("/") { base.removeLast() }
        return HTTPURL(isSecure: isSecure, host: host, port: port, target: base + path)
    }

    /// Host and port as the `host` field carries them: the port only if it is not the scheme's own.
    public var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
    }

    /// What must be equal for two URLs to share a connection.
    public var origin: Origin { Origin(isSecure: isSecure, host: host, port: port) }

    /// Scheme, host and port of a URL (RFC 9110 §4.3.1).
    public struct Origin: Sendable, Hashable {
        let isSecure: Bool
        let host: String
        let port: UInt16
    }

    /// The URL as text, with the scheme `http` or `https`.
    public var description: String { "\(isSecure ? "https" : "http")://\(authority)\(target)" }
}
