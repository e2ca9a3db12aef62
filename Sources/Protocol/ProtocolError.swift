/// An error about a text or value that does not follow the service's protocol.
public struct ProtocolError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kind of mistake.
    ///
    /// More kinds may be added.
    public struct Code: Sendable, Hashable {
        let rawValue: String

        /// Not JSON.
        public static let invalidJSON = Code(rawValue: "invalidJSON")
        /// JSON that is not in UTF-8, UTF-16, or UTF-32, is nested too deeply, or has a number that is too long.
        public static let unreadableJSON = Code(rawValue: "unreadableJSON")
        /// Not a slice.
        public static let invalidSlice = Code(rawValue: "invalidSlice")
        /// A value that cannot be written as JSON.
        public static let notEncodable = Code(rawValue: "notEncodable")
        /// JSON that does not have the shape of the expected message.
        public static let invalidMessage = Code(rawValue: "invalidMessage")
    }

    /// The kind of mistake.
    public let code: Code
    /// A description of the mistake for the caller.
    public let message: String

    /// Creates an error of a kind.
    public init(_ code: Code, _ message: String) { (self.code, self.message) = (code, message) }

    /// The message.
    public var description: String { message }

    /// Compares exactly, because messages quote what callers sent.
    public static func == (left: ProtocolError, right: ProtocolError) -> Bool {
        left.code == right.code && left.message.hasSameUTF8(as: right.message)
    }

    /// Hashes consistently with `==`.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(code)
        hasher.combine(ScalarString(message))
    }
}
