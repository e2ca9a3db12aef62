/// A namespace for the parts of a field line (RFC 9110 §5).
public enum HTTPField {
    /// The name of a field: a token (RFC 9110 §5.1), stored, written and compared in lower case.
    public struct Name: Sendable, Hashable, CustomStringConvertible {
        /// The name in lower case.
        public let description: String

        /// Creates a name; `nil` if the text is not a token.
        public init?(_ text: String) {
            guard !text.isEmpty, text.utf8.allSatisfy(HTTPSyntax.isToken) else { return nil }
            description = text.lowercased()
        }

        fileprivate init(known text: String) { description = text }
    }
}

extension HTTPField.Name {
    /// `accept`.
    public static let accept = Self(known: "accept")
    /// `allow`.
    public static let allow = Self(known: "allow")
    /// `authorization`.
    public static let authorization = Self(known: "authorization")
    /// `connection`.
    public static let connection = Self(known: "connection")
    /// `content-disposition`.
    public static let contentDisposition = Self(known: "content-disposition")
    /// `content-length`.
    public static let contentLength = Self(known: "content-length")
    /// `content-type`.
    public static let contentType = Self(known: "content-type")
    /// `cookie`.
    public static let cookie = Self(known: "cookie")
    /// `date`.
    public static let date = Self(known: "date")
    /// `expect`.
    public static let expect = Self(known: "expect")
    /// `host`.
    public static let host = Self(known: "host")
    /// `location`.
    public static let location = Self(known: "location")
    /// `proxy-authorization`.
    public static let proxyAuthorization = Self(known: "proxy-authorization")
    /// `retry-after`.
    public static let retryAfter = Self(known: "retry-after")
    /// `sec-websocket-accept`.
    public static let secWebSocketAccept = Self(known: "sec-websocket-accept")
    /// `sec-websocket-extensions`.
    public static let secWebSocketExtensions = Self(known: "sec-websocket-extensions")
    /// `sec-websocket-key`.
    public static let secWebSocketKey = Self(known: "sec-websocket-key")
    /// `sec-websocket-protocol`.
    public static let secWebSocketProtocol = Self(known: "sec-websocket-protocol")
    /// `sec-websocket-version`.
    public static let secWebSocketVersion = Self(known: "sec-websocket-version")
    /// `server`.
    public static let server = Self(known: "server")
    /// `te`.
    public static let te = Self(known: "te")
    /// `trailer`.
    public static let trailer = Self(known: "trailer")
    /// `transfer-encoding`.
    public static let transferEncoding = Self(known: "transfer-encoding")
    /// `upgrade`.
    public static let upgrade = Self(known: "upgrade")
    /// `user-agent`.
    public static let userAgent = Self(known: "user-agent")
    /// `x-forwarded-for`.
    public static let xForwardedFor = Self(known: "x-forwarded-for")
    /// `x-forwarded-proto`.
    public static let xForwardedProto = Self(known: "x-forwarded-proto")
}

/// The character classes of HTTP (RFC 9110 §5.5, §5.6).
enum HTTPSyntax {
    private static let tokenTable: [Bool] = {
        var table = Array(repeating: false, count: 256)
        for byte in "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8 {
            table[Int(byte)] = true
        }
        return table
    }()

    /// Whether the byte may be part of a token.
    static func isToken(_ byte: UInt8) -> Bool { tokenTable[Int(byte)] }

    /// Whether the byte may be part of a field's value: anything but control characters other than tab.
    static func isFieldValue(_ byte: UInt8) -> Bool { byte >= 0x20 && byte != 0x7f || byte == 0x09 }

    /// Whether the byte is optional whitespace (OWS).
    static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    /// Maps `A`…`Z` to `a`…`z`.
    static func lowercased(_ byte: UInt8) -> UInt8 { byte &- 0x41 < 26 ? byte | 0x20 : byte }

    /// Maps `A`…`Z` to `a`…`z` and nothing else: Unicode has other letters whose lower case is ASCII.
    static func lowercased(_ text: String) -> String {
        String(decoding: text.utf8.map { lowercased($0) }, as: UTF8.self)
    }

    /// Parses a number of decimal digits only; `nil` for a sign, a blank, no digits, or more than an `Int` holds.
    static func decimal(_ bytes: some Collection<UInt8>) -> Int? {
        if bytes.isEmpty { return nil }
        var value = 0
        for byte in bytes {
            guard byte &- 0x30 < 10 else { return nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(Int(byte &- 0x30))
            if overflow || carry { return nil }
            value = sum
        }
        return value
    }
}
