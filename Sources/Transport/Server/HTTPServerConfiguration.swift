/// The address, limits and timeouts of an HTTP server.
///
/// Every number is a limit against a peer that takes too much.
public struct HTTPServerConfiguration: Sendable {
    /// The address or name to listen on, or `unix:` followed by a path to listen on a Unix socket.
    ///
    /// A socket that another process has left behind at the path is replaced; one that still answers is not. The server
    /// removes its socket when it stops.
    public var host = "127.0.0.1"
    /// The port to listen on; 0 lets the system choose a free one.
    public var port: UInt16 = 0
    /// The certificate for TLS; `nil` means plain HTTP.
    public var tls: TLSServerConfiguration?
    /// The scheme of the server's URLs: `https` with a certificate, else `http`.
    public var scheme: String { tls == nil ? "http" : "https" }
    /// The maximum number of connections that wait to be accepted; the kernel caps it at `net.core.somaxconn`.
    public var maxPendingAccepts: Int32 = 4096
    /// The maximum number of open connections; further ones wait to be accepted.
    public var maxConnections = 65_536
    /// The maximum number of open connections from one address or IPv6 /64 network; further ones are closed at once.
    ///
    /// `nil` means no limit: behind a tunnel or a load balancer all clients have one address. The peers of a Unix
    /// socket, which have no address, are not counted.
    public var maxConnectionsPerAddress: Int?
    /// The limits on the parts of a message.
    public var limits = HTTPLimits()
    /// How long a TLS handshake may take, measured from accepting the connection.
    public var handshakeTimeout: Duration = .seconds(10)
    /// How long a header section may take, measured from the first byte of the request.
    public var headerTimeout: Duration = .seconds(30)
    /// How long the next bytes of a request's body may take to arrive.
    public var bodyIdleTimeout: Duration = .seconds(30)
    /// The minimum rate of a request's body once waiting has used up ``bodyIdleTimeout``; 0 means no minimum.
    public var minBodyBytesPerSecond = 64
    /// How long a connection may stay idle before its first request and between two requests.
    public var keepAliveTimeout: Duration = .seconds(75)
    /// How long written bytes may wait for a peer that takes none.
    public var writeStallTimeout: Duration = .seconds(60)
    /// How much of a request body its responder left unread is read and dropped to keep the connection.
    public var maxDiscardedBodyBytes = 256 * 1024
    /// The limits and keep-alive of WebSocket connections.
    public var webSocket = WebSocketConfiguration()
    /// How long WebSocket connections may go on during a graceful stop before they are closed with 1012.
    public var webSocketDrain: Duration = .zero
    /// How long a graceful stop waits, after ``webSocketDrain``, for requests in flight and the cleanup of streams.
    public var shutdownTimeout: Duration = .seconds(30)
    /// The value of the `server` field of every response; empty for none.
    public var serverName = "benchmark-service"

    /// Creates the defaults: the loopback address and a port chosen by the system.
    public init() {}

    /// Returns the URL of a server at an address: `http://127.0.0.1:8001`, or `http+unix://` and an escaped path; with
    /// TLS, `https://` or `https+unix://`.
    public func url(of address: SocketAddress) -> String {
        address.isPath ? "\(scheme)+unix://\(HTTPURL.escape(address.host))" : "\(scheme)://\(address)"
    }

    /// Resolves the host to an address; blocks on name resolution, and removes a stale socket.
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
