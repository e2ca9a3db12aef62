/// Whether the messages of a WebSocket connection may be compressed (permessage-deflate, RFC 7692).
///
/// Messages of 1 KiB to 1 MiB are compressed where both sides agree; shorter and longer ones are sent as they are. A
/// connection that compresses holds about 38 KiB for sending and 11 to 39 KiB for receiving, each from the first
/// compressed message in that direction on.
public enum WebSocketCompression: Sendable, Hashable, CaseIterable {
    /// Never: a server declines offers, a client makes none.
    case off
    /// A server accepts offers, a client makes none.
    case accepted
    /// As ``accepted``, and a client offers compression.
    case offered
}

/// The compression that two sides have agreed on for one connection (RFC 7692 §7).
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

    /// How the server's messages are compressed.
    package var server: Direction
    /// How the client's messages are compressed.
    package var client: Direction

    package init(server: Direction = Direction(), client: Direction = Direction()) {
        (self.server, self.client) = (server, client)
    }

    /// Returns how the messages that a role sends are compressed.
    func sent(by role: WebSocketRole) -> Direction { role == .server ? server : client }

    /// Returns how the messages that a role receives are compressed.
    func received(by role: WebSocketRole) -> Direction { role == .server ? client : server }
}
