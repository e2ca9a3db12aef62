/// How a client connects, how long it waits, and what it keeps.
public struct HTTPClientConfiguration: Sendable {
    /// From the first attempt to an established connection, name resolution, proxy and TLS included; and before that,
    /// once more, for a connection to become free.
    public var connectTimeout: Duration = .seconds(10)
    /// How long an address of a host may be silent before the next one is tried beside it (RFC 8305 §5).
    public var connectionAttemptDelay: Duration = .milliseconds(250)
    /// What is reached through a proxy; by default what the environment says.
    public var proxy = ProxySettings.fromEnvironment()
    /// Whom `https` and `wss` trust, and the client's own certificate.
    public var tls = TLSClientConfiguration()
    /// Between two reads of a response's body, and, if ``headTimeout`` is nil, also between the end of the request and
    /// the head of its response; nil for ever.
    public var readTimeout: Duration? = .seconds(60)
    /// Between the end of the request and the head of its response; nil for the same as ``readTimeout``.
    public var headTimeout: Duration?
    /// For a whole request: everything from the call to the end of the response, redirects included; nil for ever.
    public var requestTimeout: Duration?
    /// How long a request that expects a 100 waits for it before it sends its body all the same (RFC 9110 §10.1.1).
    public var continueTimeout: Duration = .seconds(1)
    /// How long bytes may wait for a peer that takes none.
    public var writeTimeout: Duration = .seconds(60)
    /// How many redirects are followed; 0 returns them as responses.
    public var maxRedirects = 0
    /// Whether a redirect from `https` to `http` is followed; else it is an error.
    public var followsInsecureRedirects = false
    /// Open connections to one origin, over one proxy; further requests wait for one to become free, in their order and as
    /// long as ``connectTimeout`` allows.
    ///
    /// A ceiling against a fault, and no schedule: hundreds of tasks side by side, each with one long request under way,
    /// should not wait for one another. A WebSocket counts until its handshake is over, and no longer: it is kept for as
    /// long as its owner wants, and others should not wait for that.
    public var maxConnectionsPerOrigin = 1024
    /// Connections of one origin that are kept for a next request.
    public var maxIdleConnections = 250
    /// How long they are kept.
    ///
    /// Servers behind load balancers close after 60 seconds.
    public var idleTimeout: Duration = .seconds(30)
    /// Of a response's body that nobody read, as much is read and dropped to keep the connection.
    public var maxDiscardedBodyBytes = 65_536
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
