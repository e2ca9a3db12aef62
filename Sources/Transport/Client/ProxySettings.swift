import Glibc

/// Which requests go through a proxy, and which one.
///
/// `http` requests are sent to the proxy itself; `https`, `wss` and `ws` go through a tunnel that the proxy opens with
/// CONNECT (RFC 9110 §9.3.6). The connection to the proxy is plain HTTP. A Unix socket is always reached directly, and
/// with settings from the environment, so are `localhost` and every loopback address.
public struct ProxySettings: Sendable, Hashable {
    /// A proxy, or why the setting is not usable.
    private enum Entry: Sendable, Hashable { case address(ProxyAddress), unusable(String) }

    private var http: Entry?
    private var https: Entry?
    private var exceptions = ProxyExceptions("")

    /// No proxy for anything.
    public static let none = ProxySettings()

    /// Returns the settings of the environment, which is read once, on first use.
    ///
    /// `HTTP_PROXY` is for `http` and `ws`, `HTTPS_PROXY` for `https` and `wss`, and `ALL_PROXY` for those without one
    /// of their own; `NO_PROXY` lists the exceptions. The lowercase form of each takes precedence, even if it is empty.
    /// If `REQUEST_METHOD` is set, as in a CGI program, `HTTP_PROXY` is ignored: it would hold a client's `Proxy`
    /// field.
    public static func fromEnvironment() -> ProxySettings { environment }

    private static let environment = ProxySettings { name in getenv(name).map { String(cString: $0) } }

    /// Creates settings with the given proxies.
    ///
    /// - Parameters:
    ///   - http: the proxy for `http` and `ws`, such as `http://user:secret@proxy:3128`.
    ///   - https: the proxy for `https` and `wss`.
    ///   - exceptions: the hosts that are reached directly, separated by commas, in the form of `NO_PROXY`.
    ///
    /// A text that is not a valid proxy makes the requests that need it fail.
    public init(http: String? = nil, https: String? = nil, exceptions: String = "") {
        self.http = http.map { Self.entry($0, "the http proxy") }
        self.https = https.map { Self.entry($0, "the https proxy") }
        self.exceptions = ProxyExceptions(exceptions)
    }

    /// Creates settings from variables, each looked up by its name.
    package init(variable: (String) -> String?) {
        func find(_ names: String...) -> Entry? {
            for name in names {
                guard let text = variable(name) else { continue }
                return text.isEmpty ? nil : Self.entry(text, name)
            }
            return nil
        }
        let all = find("all_proxy", "ALL_PROXY")
        http = (variable("REQUEST_METHOD") == nil ? find("http_proxy", "HTTP_PROXY") : find("http_proxy")) ?? all
        https = find("https_proxy", "HTTPS_PROXY") ?? all
        let listed = variable("no_proxy") ?? variable("NO_PROXY") ?? ""
        exceptions = ProxyExceptions("\(listed),localhost,127.0.0.0/8,::1")
    }

    private static func entry(_ text: String, _ name: String) -> Entry {
        do { return .address(try ProxyAddress(text)) } catch { return .unusable("\(name) \(error.message)") }
    }

    /// Returns the proxy for a URL, or `nil` if it is reached directly.
    ///
    /// - Throws: ``HTTPClientError`` with code `.invalidProxy`, naming the setting, if the proxy cannot be used.
    package func proxy(for url: HTTPURL) throws(HTTPClientError) -> ProxyAddress? {
        guard url.socketPath == nil, let entry = url.isSecure ? https : http,
            !exceptions.contains(url.host, port: url.port)
        else { return nil }
        switch entry {
        case .address(let address): return address
        case .unusable(let reason): throw HTTPClientError(.invalidProxy, "no way to \(url.authority): \(reason)")
        }
    }
}
