/// Limits and keep-alive of a WebSocket connection, in either role.
public struct WebSocketConfiguration: Sendable {
    /// The most bytes of one incoming message, however many frames it has; beyond it the connection fails with 1009.
    public var maxMessageBytes = 16 << 20
    /// How often a Ping is sent; nil for never.
    public var pingInterval: Duration? = .seconds(20)
    /// How long the peer may stay silent after a Ping before the connection fails with 1011.
    public var pongTimeout: Duration = .seconds(20)
    /// How long the peer may take to answer a Close.
    public var closeTimeout: Duration = .seconds(10)
    /// Incoming messages held for a reader that takes none, in bytes; then reading from the peer stops.
    public var maxQueuedBytes = 256 * 1024
    /// Whether messages may be compressed; ``maxMessageBytes`` counts what they are decompressed to.
    public var compression = WebSocketCompression.accepted
    /// Takes text messages as bytes without looking whether they are UTF-8: for peers known to send others.
    public var acceptsInvalidText = false

    /// The defaults of the service contract: 16 MiB, a Ping every 20 s, 20 s to answer it.
    public init() {}
}
