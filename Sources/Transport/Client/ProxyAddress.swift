/// The address of a proxy, and the credentials sent to it.
package struct ProxyAddress: Sendable, Hashable, CustomStringConvertible {
    package let host: String
    package let port: UInt16
    /// The value of `proxy-authorization` (RFC 7617 §2); `nil` without user information.
    package let authorization: String?

    /// Why a text is not a valid proxy, worded to follow the name of the setting; never includes its secret.
    package struct Problem: Error { package let message: String }

    /// Parses `http://user:secret@host:port`; scheme, user information and port are optional.
    package init(_ text: String) throws(Problem) {
        var rest = Substring(text)
        if let scheme = Self.scheme(of: text) {
            guard scheme == "http" else {
                throw Problem(message: "has the scheme '\(scheme)', and only http proxies are supported")
            }
            rest = text.dropFirst("http://".count)
        }
        let authority = rest.utf8.prefix { !"/?#".utf8.contains($0) }
        // Otherwise the beginning of a password would be taken for the host.
        if rest.utf8[authority.endIndex...].contains(UInt8(ascii: "@")) {
            throw Problem(
                message: "has a '/', '?' or '#' before its '@': percent-encode it in the user name or password"
            )
        }
        rest = Substring(authority)
        if let at = rest.utf8.lastIndex(of: UInt8(ascii: "@")) {
            let user = PercentCoding.decode(rest.utf8[..<at])
            let hasPassword = rest.utf8[..<at].contains(UInt8(ascii: ":"))
            authorization = "Basic \(Base64.encode(hasPassword ? user : user + [UInt8(ascii: ":")]))"
            rest = Substring(rest.utf8[rest.utf8.index(after: at)...])
        } else {
            authorization = nil
        }
        // Not quoted: without an `@`, or with two, what follows may be part of a password.
        guard let url = try? HTTPURL("http://\(rest)") else { throw Problem(message: "has no valid host and port") }
        (host, port) = (url.host, url.port)
    }

    private static func scheme(of text: String) -> String? {
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")), text.utf8[colon...].starts(with: "://".utf8)
        else { return nil }
        return HTTPSyntax.lowercased(String(text[..<colon]))
    }

    /// The host and port, without user information.
    package var description: String { host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
