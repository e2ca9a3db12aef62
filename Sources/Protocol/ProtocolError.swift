/// A text or value that is not what the service's protocol asks for.
public struct ProtocolError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kind of mistake.
    ///
    /// More may be added.
    public struct Code: Sendable, Hashable {
        let rawValue: String

        /// Not JSON.
        public static let invalidJSON = Code(rawValue: "invalidJSON")
        /// JSON that is not in UTF-8, UTF-16 or UTF-32, is nested too deeply, or has an absurd number.
        public static let unreadableJSON = Code(rawValue: "unreadableJSON")
        /// Not a slice.
        public static let invalidSlice = Code(rawValue: "invalidSlice")
        /// A value that cannot be written as JSON.
        public static let notEncodable = Code(rawValue: "notEncodable")
        /// JSON of another shape than the message it should be.
        public static let invalidMessage = Code(rawValue: "invalidMessage")
    }

    /// The kind of mistake.
    public let code: Code
    /// What is wrong, for the caller.
    public let message: String

    /// An error of a kind.
    public init(_ code: Code, _ message: String) { (self.code, self.message) = (code, message) }

    /// The message.
    public var description: String { message }

    /// Exact equality: messages quote what callers sent.
    public static func == (left: ProtocolError, right: ProtocolError) -> Bool {
        left.code == right.code && left.message.hasSameUTF8(as: right.message)
    }

    /// Hashes what equality compares.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(code)
        hasher.combine(ScalarString(message))
    }
}
