/// How a client connects, how long it waits, and what it keeps.
public struct HTTPClientConfiguration: Sendable {
    /// From the first attempt to an established connection, name resolution included.
    public var connectTimeout: Duration = .seconds(10)
    /// Whom `https` and `wss` trust, and the client's own certificate.
    public var tls = TLSClientConfiguration()
    /// Between the request and the head of its response, and between two reads of its body; nil for ever.
    public var readTimeout: Duration? = .seconds(60)
    /// How long bytes may wait for a peer that takes none.
    public var writeTimeout: Duration = .seconds(60)
    /// How many redirects are followed; 0 returns them as responses.
    public var maxRedirects = 0
    /// Connections of one origin that are kept for a next request.
    public var maxIdleConnections = 250
    /// How long they are kept.
    ///
    /// Servers behind load balancers close after 60 seconds.
    public var idleTimeout: Duration = .seconds(30)
    /// The ceilings of a response's parts.
    public var limits = HTTPLimits()
    /// Fields dropped, besides `authorization`, `cookie` and `proxy-authorization`, when a redirect leads to another
    /// origin.
    public var credentialFields: [HTTPField.Name] = []

    /// The defaults.
    ///
    /// Bodies are bounded by whoever reads them, not by the decoder.
    public init() { limits.maxBodyBytes = .max }
}
