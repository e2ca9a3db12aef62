/// The way to an origin: what must be equal for two requests to share a connection.
struct HTTPClientRoute: Sendable, Hashable {
    /// Whom the connection leads to.
    let origin: HTTPURL.Origin
    /// What it leads through.
    let via: Via

    enum Via: Sendable, Hashable {
        /// Nothing.
        case direct
        /// A proxy that is told the whole URL with each request (RFC 9112 §3.2.2).
        case forwarding(ProxyAddress)
        /// A proxy that was asked for a tunnel once (RFC 9110 §9.3.6).
        case tunnel(ProxyAddress)
    }
}

extension ProxySettings {
    /// The way to a URL; what is secure or a WebSocket goes through a tunnel.
    func route(to url: HTTPURL, isWebSocket: Bool) throws(HTTPClientError) -> HTTPClientRoute {
        guard let proxy = try proxy(for: url) else { return HTTPClientRoute(origin: url.origin, via: .direct) }
        let isTunnel = url.isSecure || isWebSocket
        return HTTPClientRoute(origin: url.origin, via: isTunnel ? .tunnel(proxy) : .forwarding(proxy))
    }
}
