/// How a client connects, how long it waits, and what it keeps.
public struct HTTPClientConfiguration: Sendable {
    /// How long establishing a connection may take, including name resolution, proxy and TLS; and, separately, how long
    /// a request may wait for a connection to become free.
    public var connectTimeout: Duration = .seconds(10)
    /// How long to wait for an address of a host before trying the next one concurrently (RFC 8305 §5).
    public var connectionAttemptDelay: Duration = .milliseconds(250)
    /// Which requests go through a proxy; by default taken from the environment.
    public var proxy = ProxySettings.fromEnvironment()
    /// The authorities trusted for `https` and `wss`, and the client's own certificate.
    public var tls = TLSClientConfiguration()
    /// How long to wait between two reads of a response's body and, if ``headTimeout`` is `nil`, between the end of the
    /// request and the head of its response; `nil` means no limit.
    ///
    /// Neither applies while the request is still being sent, even to a response that has begun: until then, only
    /// ``writeTimeout`` and ``requestTimeout`` limit the exchange.
    public var readTimeout: Duration? = .seconds(60)
    /// How long to wait between the end of the request and the head of its response; `nil` means ``readTimeout``.
    public var headTimeout: Duration?
    /// How long a whole request may take, from the call to the end of the response, including redirects; `nil` means no
    /// limit.
    public var requestTimeout: Duration?
    /// How long a request that expects a 100 waits for it before sending its body anyway (RFC 9110 §10.1.1).
    public var continueTimeout: Duration = .seconds(1)
    /// How long written bytes may wait for a peer that accepts none.
    public var writeTimeout: Duration = .seconds(60)
    /// The maximum number of redirects to follow; 0 returns them as responses.
    public var maxRedirects = 0
    /// Whether a redirect from `https` to `http` is followed; otherwise it is an error.
    public var followsInsecureRedirects = false
    /// The maximum number of open connections to one origin through one proxy; further requests wait in order for one
    /// to become free, for as long as ``connectTimeout`` allows.
    ///
    /// This is a safeguard against faults, not a means of scheduling: hundreds of concurrent tasks, each with one long
    /// request under way, should not wait for one another. A WebSocket counts only until its handshake is over: its
    /// owner keeps it for as long as it wants, and others should not wait for that.
    public var maxConnectionsPerOrigin = 1024
    /// The maximum number of idle connections to one origin that are kept for later requests.
    public var maxIdleConnections = 250
    /// How long an idle connection is kept.
    ///
    /// Servers behind load balancers close after 60 seconds.
    public var idleTimeout: Duration = .seconds(30)
    /// How much of a response's unread body is read and dropped in order to keep the connection.
    public var maxDiscardedBodyBytes = 65_536
    /// The size limits for the parts of a response.
    public var limits = HTTPLimits()
    /// The fields to drop, besides `authorization`, `cookie` and `proxy-authorization`, when a redirect leads to
    /// another origin.
    public var credentialFields: [HTTPField.Name] = []

    /// Creates a configuration with the defaults.
    ///
    /// Bodies are limited by whoever reads them, not by the decoder.
    public init() { limits.maxBodyBytes = .max }
}
