/// The reason why a request got no response, or an incomplete one.
public struct HTTPClientError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kind of failure.
    ///
    /// More kinds may be added.
    public struct Code: Sendable, Hashable {
        let rawValue: String

        /// The URL cannot be used.
        public static let invalidURL = Code(rawValue: "invalidURL")
        /// No connection could be made; nothing was sent.
        public static let cannotConnect = Code(rawValue: "cannotConnect")
        /// A phase took longer than its limit.
        public static let timedOut = Code(rawValue: "timedOut")
        /// The connection ended before the response did.
        public static let connectionLost = Code(rawValue: "connectionLost")
        /// The peer violated the HTTP protocol.
        public static let protocolViolation = Code(rawValue: "protocolViolation")
        /// The server answered before the whole request was sent, and wants no more of it; thrown only to the closure
        /// that writes the body.
        public static let answeredEarly = Code(rawValue: "answeredEarly")
        /// The setting that names the proxy cannot be used.
        public static let invalidProxy = Code(rawValue: "invalidProxy")
        /// The proxy refused to open a tunnel; the error carries its status and body.
        public static let proxyRefused = Code(rawValue: "proxyRefused")
        /// More redirects than allowed, one without a usable `location`, or one that must not be followed.
        public static let badRedirect = Code(rawValue: "badRedirect")
        /// The response's body is longer than the caller's limit.
        public static let bodyTooLarge = Code(rawValue: "bodyTooLarge")
        /// The server answered a WebSocket handshake without switching protocols.
        public static let upgradeRefused = Code(rawValue: "upgradeRefused")
    }

    /// The kind of failure.
    public let code: Code
    /// What happened, naming the URL or the number involved.
    public let message: String
    /// The status of the response that caused the failure, if there was one.
    public let status: Int?
    /// The beginning of that response's body, as text.
    public let body: String?

    init(_ code: Code, _ message: String, status: Int? = nil, body: String? = nil) {
        (self.code, self.message, self.status, self.body) = (code, message, status, body)
    }

    /// The message.
    public var description: String { message }
}
