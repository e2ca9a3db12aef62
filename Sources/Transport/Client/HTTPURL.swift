/// An absolute `http`, `https`, `ws` or `wss` URL (RFC 3986, RFC 9110 §4.2, RFC 6455 §3), split into its parts.
///
/// `http+unix` and `ws+unix` name a server on a Unix socket, whose percent-encoded path takes the place of the host:
/// `http+unix://%2Frun%2Fservice.sock/health`. With TLS they are `https+unix` and `wss+unix`, and the server's
/// certificate must be for `localhost`.
///
/// A fragment is dropped. User information is refused: credentials belong in a field, where they are not logged.
public struct HTTPURL: Sendable, Hashable, CustomStringConvertible {
    /// Whether the connection uses TLS: `https`, `wss`, `https+unix` or `wss+unix`.
    public let isSecure: Bool
    /// The host, in lowercase and without brackets; `localhost` for a Unix socket.
    public let host: String
    /// The port; the scheme's default if none was given.
    public let port: UInt16
    /// The path and query as sent in the request line; starts with `/`.
    public let target: String
    /// The path of the Unix socket that the server listens on; `nil` for a host and port.
    public let socketPath: String?

    /// Parses a URL.
    ///
    /// - Throws: ``HTTPClientError`` with code `.invalidURL`, naming the text and what is wrong.
    public init(_ text: String) throws(HTTPClientError) {
        func fail(_ reason: String) -> HTTPClientError { .init(.invalidURL, "invalid URL '\(text)': \(reason)") }
        // Works on bytes: a combining character after a delimiter would hide it among the text's characters.
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")), text.utf8[colon...].starts(with: "://".utf8)
        else { throw fail("no scheme") }
        let isUnix: Bool
        switch HTTPSyntax.lowercased(String(text[..<colon])) {
        case "http", "ws": (isSecure, isUnix) = (false, false)
        case "https", "wss": (isSecure, isUnix) = (true, false)
        case "http+unix", "ws+unix": (isSecure, isUnix) = (false, true)
        case "https+unix", "wss+unix": (isSecure, isUnix) = (true, true)
        default: throw fail("the scheme must be http, https, ws or wss, or one of these with +unix")
        }
        let rest = text.utf8[colon...].dropFirst(3)
        let end = rest.firstIndex { "/?#".utf8.contains($0) } ?? rest.endIndex
        let authority = Substring(rest[..<end])
        if isUnix {
            guard let path = Self.socketPath(authority) else {
                throw fail("the host must be a percent-encoded absolute path of at most 107 bytes")
            }
            (host, port, socketPath) = ("localhost", isSecure ? 443 : 80, path)
        } else {
            if authority.utf8.contains(UInt8(ascii: "@")) { throw fail("user information in a URL is not supported") }
            guard let (host, port) = Self.split(authority, defaultPort: isSecure ? 443 : 80) else {
                throw fail("the host or port is not valid")
            }
            (self.host, self.port, socketPath) = (host, port, nil)
        }
        var target = String(Substring(rest[end...].prefix { $0 != UInt8(ascii: "#") }))
        if target.utf8.first != UInt8(ascii: "/") { target = "/" + target }
        guard target.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f }) else { throw fail("a blank or control character") }
        self.target = Self.escapingNonASCII(target)
    }

    private init(_ url: HTTPURL, target: String) {
        (isSecure, host, port, socketPath) = (url.isSecure, url.host, url.port, url.socketPath)
        self.target = target
    }

    private static func socketPath(_ authority: Substring) -> String? {
        if authority.utf8.contains(UInt8(ascii: ":")) { return nil }
        guard let path = String(validating: PercentCoding.decode(authority.utf8), as: UTF8.self),
            path.utf8.first == UInt8(ascii: "/"), SocketAddress(path: path) != nil
        else { return nil }
        return path
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

    /// Returns the URL with `path` appended to its path, and without its query.
    ///
    /// - Parameter path: the path and query to append; starts with `/`. Trailing slashes of this URL's own path are
    ///   dropped.
    public func appending(_ path: String) -> HTTPURL {
        var base = String(target.prefix { $0 != "?" })
        while base.hasSuffix("/") { base.removeLast() }
        return HTTPURL(self, target: base + path)
    }

    /// The host and port as in the `host` field, with the port only if it is not the scheme's default.
    public var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
    }

    /// The part that must be equal for two URLs to share a connection.
    public var origin: Origin { Origin(isSecure: isSecure, host: host, port: port, socketPath: socketPath) }

    /// The scheme, host and port of a URL (RFC 9110 §4.3.1), or the path of its Unix socket.
    public struct Origin: Sendable, Hashable {
        let isSecure: Bool
        let host: String
        let port: UInt16
        let socketPath: String?
    }

    /// The URL without its path and query, with the scheme `http`, `https`, `http+unix` or `https+unix`.
    var prefix: String {
        let scheme = isSecure ? "https" : "http"
        if let socketPath { return "\(scheme)+unix://\(Self.escape(socketPath))" }
        return "\(scheme)://\(authority)"
    }

    /// The URL as text, with the scheme `http`, `https`, `http+unix` or `https+unix`.
    public var description: String { prefix + target }
}
