/// The messages that have arrived but have not been received yet, in order of arrival.
struct WebSocketMessageQueue {
    /// What a message counts for beyond its own bytes.
    private static let overhead = 64

    private var messages: [WebSocketMessage] = []
    /// The index of the oldest message; those before it have been taken.
    private var first = 0
    /// The bytes of the queued messages, with their overhead.
    private(set) var byteCount = 0

    var isEmpty: Bool { first == messages.count }

    mutating func append(_ message: WebSocketMessage) {
        messages.append(message)
        byteCount += message.byteCount + Self.overhead
    }

    /// Removes and returns the oldest message, or `nil` if there is none.
    mutating func takeFirst() -> WebSocketMessage? {
        if isEmpty { return nil }
        let message = messages[first]
        messages[first] = .binary([])
        first += 1
        byteCount -= message.byteCount + Self.overhead
        // Empty places are removed once they make up half of all, at a constant cost per message on average.
        if first * 2 >= messages.count {
            messages.removeFirst(first)
            first = 0
        }
        return message
    }

    /// Removes and returns all messages.
    mutating func takeAll() -> [WebSocketMessage] {
        let taken = first == 0 ? messages : Array(messages[first...])
        (messages, first, byteCount) = ([], 0, 0)
        return taken
    }
}
