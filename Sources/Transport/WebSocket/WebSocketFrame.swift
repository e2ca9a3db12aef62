/// The kind of a frame (RFC 6455 §5.2).
///
/// Other values are reserved.
package enum WebSocketOpcode: UInt8, Sendable {
    case continuation = 0x0
    case text = 0x1
    case binary = 0x2
    case close = 0x8
    case ping = 0x9
    case pong = 0xa

    /// Whether frames of this kind are never fragmented and may appear between those of a message.
    var isControl: Bool { rawValue & 0x8 != 0 }

    /// Whether a frame of this kind starts a message.
    var beginsMessage: Bool { self == .text || self == .binary }
}

/// Why a connection is closed (RFC 6455 §7.4).
public struct WebSocketCloseCode: Sendable, Hashable {
    /// The number on the wire.
    public let rawValue: UInt16

    /// Creates a code from any number; ``isSendable`` tells whether it may be sent.
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// The connection has served its purpose.
    public static let normal = WebSocketCloseCode(rawValue: 1000)
    /// The endpoint is going away.
    public static let goingAway = WebSocketCloseCode(rawValue: 1001)
    /// The peer violated the protocol.
    public static let protocolError = WebSocketCloseCode(rawValue: 1002)
    /// The data is of a kind that cannot be accepted.
    public static let unsupportedData = WebSocketCloseCode(rawValue: 1003)
    /// The data does not match the message's type, such as text that is not UTF-8.
    public static let invalidPayload = WebSocketCloseCode(rawValue: 1007)
    /// The message violates the service's policy.
    public static let policyViolation = WebSocketCloseCode(rawValue: 1008)
    /// The message is too big.
    public static let messageTooBig = WebSocketCloseCode(rawValue: 1009)
    /// The server failed.
    public static let internalError = WebSocketCloseCode(rawValue: 1011)
    /// The server is restarting.
    public static let serviceRestart = WebSocketCloseCode(rawValue: 1012)

    /// Whether the code may appear in a Close frame (RFC 6455 §7.4.1, §7.4.2, and the registry's later entries).
    public var isSendable: Bool {
        switch rawValue {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }
}

/// A message, assembled from one or more frames.
public enum WebSocketMessage: Sendable, Hashable {
    /// UTF-8, checked unless the connection was configured not to.
    case text([UInt8])
    /// Any bytes.
    case binary([UInt8])

    /// The payload of either kind.
    public var bytes: [UInt8] {
        switch self {
        case .text(let bytes), .binary(let bytes): bytes
        }
    }

    /// The number of bytes of the payload.
    var byteCount: Int { bytes.count }
}

/// Which side of a connection this is: a client masks what it sends, a server does not (RFC 6455 §5.1).
package enum WebSocketRole: Sendable, Hashable, CaseIterable { case server, client }

/// A peer's violation of RFC 6455, or of a limit.
package struct WebSocketProtocolError: Error, Sendable, Hashable {
    /// The code of the Close frame that reports it to the peer.
    package let closeCode: WebSocketCloseCode
    /// What is wrong.
    package let message: String

    package init(_ closeCode: WebSocketCloseCode, _ message: String) {
        (self.closeCode, self.message) = (closeCode, message)
    }
}
