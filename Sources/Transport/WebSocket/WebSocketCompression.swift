/// Whether the messages of a WebSocket connection may be compressed (permessage-deflate, RFC 7692).
///
/// Messages of 1 KiB to 1 MiB are compressed where both sides agree; shorter and longer ones are sent as they are. A
/// connection that compresses holds about 38 KiB for what it sends and 11 to 39 KiB for what it receives, from the first
/// compressed message of that direction on.
public enum WebSocketCompression: Sendable, Hashable, CaseIterable {
    /// Never: a server declines what clients offer, a client offers nothing.
    case off
    /// A server takes what a client offers; a client offers nothing.
    case accepted
    /// As ``accepted``, and a client offers it too.
    case offered
}

/// What two sides have agreed on for one connection (RFC 7692 §7).
package struct WebSocketDeflate: Sendable, Hashable {
    /// How the messages of one side are compressed.
    package struct Direction: Sendable, Hashable {
        /// The base-2 logarithm of the largest distance a compressed message may refer back, 8 to 15.
        package var windowBits = 15
        /// Whether a message may refer to the messages before it.
        package var keepsContext = true

        package init(windowBits: Int = 15, keepsContext: Bool = true) {
            (self.windowBits, self.keepsContext) = (windowBits, keepsContext)
        }
    }

    /// What the server sends.
    package var server: Direction
    /// What the client sends.
    package var client: Direction

    package init(server: Direction = Direction(), client: Direction = Direction()) {
        (self.server, self.client) = (server, client)
    }

    /// What one role sends.
    func sent(by role: WebSocketRole) -> Direction { role == .server ? server : client }

    /// What one role receives.
    func received(by role: WebSocketRole) -> Direction { role == .server ? client : server }
}
