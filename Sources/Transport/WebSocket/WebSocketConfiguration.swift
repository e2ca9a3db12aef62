/// The limits and keep-alive of a WebSocket connection, in either role.
public struct WebSocketConfiguration: Sendable {
    /// The maximum size of an incoming message, all its frames together; a larger one fails the connection with 1009.
    public var maxMessageBytes = 16 << 20
    /// The time between two Pings; `nil` means that none are sent.
    public var pingInterval: Duration? = .seconds(20)
    /// How long the peer may stay silent after a Ping before the connection fails with 1011.
    public var pongTimeout: Duration = .seconds(20)
    /// How long the peer may take to answer a Close.
    public var closeTimeout: Duration = .seconds(10)
    /// The bytes of incoming messages to queue for a reader that takes none; then reading from the peer stops.
    public var maxQueuedBytes = 256 * 1024
    /// Whether messages may be compressed; ``maxMessageBytes`` counts decompressed bytes.
    public var compression = WebSocketCompression.accepted
    /// Whether text messages are taken without checking that they are UTF-8, for peers known to send other bytes.
    public var acceptsInvalidText = false

    /// Creates the defaults of the service contract: 16 MiB, a Ping every 20 s, 20 s to answer it.
    public init() {}
}
