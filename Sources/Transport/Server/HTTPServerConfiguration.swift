/// What an HTTP server allows and how long it waits.
///
/// Every number is a ceiling against a peer that takes too much.
public struct HTTPServerConfiguration: Sendable {
    /// The address or name to listen on; or `unix:` and a path, to listen on a Unix socket.
    ///
    /// A socket that another process has left behind at the path is replaced; one that still answers is not. It is
    /// removed when the server stops.
    public var host = "127.0.0.1"
    /// The port to listen on; 0 lets the system choose a free one.
    public var port: UInt16 = 0
    /// The certificate to speak TLS with; nil speaks plain HTTP.
    public var tls: TLSServerConfiguration?
    /// The scheme of its URLs: `https` with a certificate, else `http`.
    public var scheme: String { tls == nil ? "http" : "https" }
    /// Connections that wait to be accepted; the kernel caps it at `net.core.somaxconn`.
    public var maxPendingAccepts: Int32 = 4096
    /// Open connections; while there are this many, further ones wait to be accepted.
    public var maxConnections = 65_536
    /// Open connections from one address, or from one IPv6 network of 64 bits; further ones are closed at once.
    ///
    /// Nil for any number: behind a tunnel or a load balancer all clients have one address. The peers of a Unix socket,
    /// which have none, are not counted.
    public var maxConnectionsPerAddress: Int?
    /// The ceilings of a message's parts.
    public var limits = HTTPLimits()
    /// From the acceptance of a connection to the end of its TLS handshake.
    public var handshakeTimeout: Duration = .seconds(10)
    /// From the first byte of a request to the end of its header section.
    public var headerTimeout: Duration = .seconds(30)
    /// Between two reads of a request's body.
    public var bodyIdleTimeout: Duration = .seconds(30)
    /// The slowest a request's body may come, once ``bodyIdleTimeout`` is used up by waiting for it; 0 for any slowness.
    public var minBodyBytesPerSecond = 64
    /// Between two requests of a connection.
    public var keepAliveTimeout: Duration = .seconds(75)
    /// How long written bytes may wait for a peer that takes none.
    public var writeStallTimeout: Duration = .seconds(60)
    /// Of a request body that its responder did not read, as much is read and dropped to keep the connection.
    public var maxDiscardedBodyBytes = 256 * 1024
    /// WebSocket limits and keep-alive.
    public var webSocket = WebSocketConfiguration()
    /// On a graceful stop, how long WebSocket connections may go on before they are closed with 1012.
    public var webSocketDrain: Duration = .zero
    /// On a graceful stop, how long requests in flight and the cleanup of streams are awaited, after ``webSocketDrain``.
    public var shutdownTimeout: Duration = .seconds(30)
    /// The value of the `server` field of every response; empty for none.
    public var serverName = "benchmark-service"

    /// The defaults: loopback, a port of the system's choice.
    public init() {}

    /// How clients name a server that listens there: `http://127.0.0.1:8001`, or `http+unix://` and an escaped path; with
    /// TLS, `https://` or `https+unix://`.
    public func url(of address: SocketAddress) -> String {
        address.isPath ? "\(scheme)+unix://\(HTTPURL.escape(address.host))" : "\(scheme)://\(address)"
    }

    /// What the host stands for; blocks on name resolution, and removes a stale socket.
    func address() throws -> SocketAddress {
        guard host.hasPrefix("unix:") else {
            guard let address = try SocketAddress.resolve(host, port: port).first else {
                throw AddressError(host: host, reason: "no address")
            }
            return address
        }
        guard let address = SocketAddress(path: String(host.dropFirst("unix:".count))) else {
            throw AddressError(host: host, reason: "the path of a Unix socket has 1 to 107 bytes")
        }
        try SocketFile.makeRoom(at: address)
        return address
    }
}
