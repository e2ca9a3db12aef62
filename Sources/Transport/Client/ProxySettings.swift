import Glibc

/// Which requests go through a proxy, and which one.
///
/// `http` requests are sent to the proxy as a whole; `https`, `wss` and `ws` go through a tunnel that the proxy opens
/// with CONNECT (RFC 9110 §9.3.6). The proxy itself is spoken to in plain HTTP. A Unix socket is always reached directly,
/// and where the environment says what the proxy is, so is `localhost` and every loopback address.
public struct ProxySettings: Sendable, Hashable {
    /// A proxy, or why the setting is none.
    private enum Entry: Sendable, Hashable { case address(ProxyAddress), unusable(String) }

    private var http: Entry?
    private var https: Entry?
    private var exceptions = ProxyExceptions("")

    /// No proxy for anything.
    public static let none = ProxySettings()

    /// What the environment says, as it was when first asked for.
    ///
    /// `HTTP_PROXY` is for `http` and `ws`, `HTTPS_PROXY` for `https` and `wss`, `ALL_PROXY` for those without one of
    /// their own, `NO_PROXY` lists the exceptions. The lower-case form of each comes first, even if it is empty. Where
    /// `REQUEST_METHOD` is set, as in a CGI program, `HTTP_PROXY` is not looked at: a client's `Proxy` field would be in
    /// it.
    public static func fromEnvironment() -> ProxySettings { environment }

    private static let environment = ProxySettings { name in getenv(name).map { String(cString: $0) } }

    /// The given proxies.
    ///
    /// - Parameters:
    ///   - http: the proxy of `http` and `ws`, such as `http://user:secret@proxy:3128`.
    ///   - https: that of `https` and `wss`.
    ///   - exceptions: what is reached directly, separated by commas, in the form of `NO_PROXY`.
    ///
    /// A text that is no such proxy is an error of the requests that need it.
    public init(http: String? = nil, https: String? = nil, exceptions: String = "") {
        self.http = http.map { Self.entry($0, "the http proxy") }
        self.https = https.map { Self.entry($0, "the https proxy") }
        self.exceptions = ProxyExceptions(exceptions)
    }

    /// What variables say, each looked up by its name.
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

    /// The proxy to reach a URL through; nil for none.
    ///
    /// - Throws: ``HTTPClientError`` with code `.invalidProxy`, which names the setting, if there is one that cannot be
    ///   used.
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
