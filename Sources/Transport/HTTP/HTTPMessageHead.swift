/// The versions of HTTP/1 (RFC 9112 §2.3).
public enum HTTPVersion: Sendable, Hashable {
    /// HTTP/1.0, for which this toolkit keeps no persistent connections.
    case http10
    /// HTTP/1.1 or a later HTTP/1.x.
    case http11
}

/// The head of a request: its request line and its fields.
public struct HTTPRequestHead: Sendable {
    /// The method.
    public let method: HTTPMethod
    /// The target without scheme and authority.
    private let origin: [UInt8]
    /// The scheme and authority of a target in absolute form (RFC 9112 §3.2.2).
    private let prefix: [UInt8]
    /// The version on the request line.
    public let version: HTTPVersion
    /// The fields.
    public package(set) var fields: HTTPFields

    init(method: HTTPMethod, target: HTTPTarget, version: HTTPVersion, fields: HTTPFields) {
        (self.method, origin, prefix) = (method, target.origin, target.prefix)
        (self.version, self.fields) = (version, fields)
    }

    /// The target as sent, but with a `/` where an absolute form has no path.
    public var target: String { String(decoding: prefix + origin, as: UTF8.self) }

    /// The host and port of a target in absolute form, which take precedence over the `host` field; `nil` otherwise.
    public var authority: String? {
        guard let start = prefix.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        return String(decoding: prefix[start...].dropFirst(3), as: UTF8.self)
    }

    /// The path with its percent-escapes.
    public var rawPath: String {
        String(decoding: origin.prefix { $0 != UInt8(ascii: "?") }, as: UTF8.self)
    }

    /// The percent-decoded path; bytes that are not valid UTF-8 become U+FFFD.
    public var path: String { Self.decoded(origin.prefix { $0 != UInt8(ascii: "?") }) }

    /// Returns a path percent-decoded, as ``path`` is.
    package static func decoded(_ rawPath: some Collection<UInt8>) -> String {
        String(decoding: PercentCoding.decode(rawPath), as: UTF8.self)
    }

    /// The part after the first `?`, as sent; `nil` without one.
    public var query: String? {
        guard let mark = origin.firstIndex(of: UInt8(ascii: "?")) else { return nil }
        return String(decoding: origin[(mark + 1)...], as: UTF8.self)
    }

    /// The query as name and value pairs in order, empty values included (application/x-www-form-urlencoded).
    public var queryItems: [(name: String, value: String)] {
        guard let mark = origin.firstIndex(of: UInt8(ascii: "?")) else { return [] }
        return PercentCoding.formItems(origin[(mark + 1)...])
    }

    /// Whether the request asks to switch to WebSocket (RFC 6455 §4.2.1).
    package var asksForWebSocket: Bool {
        fields.contains(.upgrade) && fields.hasToken("websocket", in: .upgrade)
            && fields.hasToken("upgrade", in: .connection)
    }
}

/// The head of a response: its status and its fields.
public struct HTTPResponseHead: Sendable {
    /// The status.
    public let status: HTTPStatus
    /// The version on the status line.
    public let version: HTTPVersion
    /// The fields.
    public let fields: HTTPFields
}

/// The target of a request in two parts.
struct HTTPTarget {
    var prefix: [UInt8] = []
    var origin: [UInt8]

    /// Splits a target; `nil` if it has none of the four forms (RFC 9112 §3.2).
    init?(_ bytes: ArraySlice<UInt8>, method: HTTPMethod) {
        // Visible ASCII; `#` would start a fragment, which is not sent to servers.
        guard let first = bytes.first, bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "#") }) else {
            return nil
        }
        if method == .connect {
            // RFC 9110 §9.3.6: both host and port
            guard first != UInt8(ascii: ":"), bytes.contains(UInt8(ascii: ":")), HTTPHost.isValid(bytes),
                let last = bytes.last, (0x30...0x39).contains(last)
            else { return nil }
            origin = Array(bytes)
            return
        }
        if first == UInt8(ascii: "/") || (method == .options && bytes.elementsEqual("*".utf8)) {
            origin = Array(bytes)
            return
        }
        let lower = bytes.prefix(8).map(HTTPSyntax.lowercased)
        let scheme = lower.starts(with: "http://".utf8) ? 7 : lower.elementsEqual("https://".utf8) ? 8 : 0
        if scheme == 0 { return nil }
        let rest = bytes.dropFirst(scheme)
        let end = rest.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? rest.endIndex
        guard end > rest.startIndex, rest.first != UInt8(ascii: ":"), HTTPHost.isValid(rest[..<end]) else { return nil }
        prefix = Array(bytes[..<end])
        origin = Array(rest[end...])
        if origin.first != UInt8(ascii: "/") { origin.insert(UInt8(ascii: "/"), at: 0) }
    }
}
