/// The route to an origin; two requests may share a connection if their routes are equal.
struct HTTPClientRoute: Sendable, Hashable {
    /// The origin that the connection leads to.
    let origin: HTTPURL.Origin
    /// The proxy that it leads through, if any.
    let via: Via

    enum Via: Sendable, Hashable {
        /// No proxy.
        case direct
        /// A proxy that is sent the whole URL with each request (RFC 9112 §3.2.2).
        case forwarding(ProxyAddress)
        /// A proxy that opens a tunnel when the connection is made (RFC 9110 §9.3.6).
        case tunnel(ProxyAddress)
    }
}

extension ProxySettings {
    /// Returns the route to a URL; secure URLs and WebSockets use a tunnel if there is a proxy.
    func route(to url: HTTPURL, isWebSocket: Bool) throws(HTTPClientError) -> HTTPClientRoute {
        guard let proxy = try proxy(for: url) else { return HTTPClientRoute(origin: url.origin, via: .direct) }
        let isTunnel = url.isSecure || isWebSocket
        return HTTPClientRoute(origin: url.origin, via: isTunnel ? .tunnel(proxy) : .forwarding(proxy))
    }
}
