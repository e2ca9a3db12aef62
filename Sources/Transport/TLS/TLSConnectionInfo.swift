/// The outcome of a connection's TLS handshake.
public struct TLSConnectionInfo: Sendable, Hashable {
    /// The protocol version: `TLSv1.3` or `TLSv1.2`.
    public let version: String
    /// Whether an earlier session was resumed (RFC 8446 §2.2).
    public let isResumed: Bool
    /// The subject of the peer's certificate, such as `CN=runner,O=Example` (RFC 2253); `nil` if it presented none.
    ///
    /// The certificate has been verified against the authorities of the configuration.
    public let peerSubject: String?
}
