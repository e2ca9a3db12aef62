/// Decides whether a Pong is missing (RFC 6455 §5.5.3).
///
/// The Pong timeout counts from when the peer could have read the Ping: behind megabytes that a slow but steady reader
/// still has to take, a Ping can arrive minutes after it was written. So it is divided into a few checks, and starts
/// over at each that finds the peer closer to the Ping than the one before did.
package struct WebSocketPongWatch: Sendable {
    /// The number of checks that make up one Pong timeout.
    package static let checksPerTimeout = 4

    /// Where the Ping ends, as a count of all bytes appended to the stream.
    private let pingEnd: Int
    /// How many bytes the peer had taken at the last check.
    private var taken: Int
    private var checksLeft = Self.checksPerTimeout

    /// - Parameters:
    ///   - pingEnd: the number of bytes appended to the stream up to the end of the Ping.
    ///   - taken: the number of bytes that the peer has taken so far.
    package init(pingEnd: Int, taken: Int) {
        (self.pingEnd, self.taken) = (pingEnd, taken)
    }

    /// Starts the timeout over, when this side is the one that keeps the Pong waiting.
    package mutating func restart(taken: Int) {
        (self.taken, checksLeft) = (taken, Self.checksPerTimeout)
    }

    /// Checks, without a Pong having arrived; true if the timeout has passed.
    package mutating func check(taken: Int) -> Bool {
        if taken < pingEnd && taken > self.taken {
            restart(taken: taken)
        } else {
            checksLeft -= 1
        }
        return checksLeft <= 0
    }
}
