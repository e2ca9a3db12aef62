/// The method of a request (RFC 9110 §9): any token, compared case-sensitively.
public struct HTTPMethod: Sendable, Hashable, CustomStringConvertible {
    /// The token as sent.
    public let rawValue: String

    /// Creates a method; `nil` if the text is not a token.
    public init?(_ text: String) {
        guard !text.isEmpty, text.utf8.allSatisfy(HTTPSyntax.isToken) else { return nil }
        rawValue = text
    }

    private init(known text: String) { rawValue = text }

    /// `GET`.
    public static let get = HTTPMethod(known: "GET")
    /// `HEAD`.
    public static let head = HTTPMethod(known: "HEAD")
    /// `POST`.
    public static let post = HTTPMethod(known: "POST")
    /// `PUT`.
    public static let put = HTTPMethod(known: "PUT")
    /// `DELETE`.
    public static let delete = HTTPMethod(known: "DELETE")
    /// `PATCH`.
    public static let patch = HTTPMethod(known: "PATCH")
    /// `OPTIONS`.
    public static let options = HTTPMethod(known: "OPTIONS")
    /// `TRACE`.
    public static let trace = HTTPMethod(known: "TRACE")
    /// `CONNECT`.
    public static let connect = HTTPMethod(known: "CONNECT")

    private static let known = [get, post, head, put, delete, patch, options, trace, connect]

    /// Creates a method from bytes, without creating a string for the common ones.
    init?(_ bytes: ArraySlice<UInt8>) {
        if let known = Self.known.first(where: { $0.rawValue.utf8.elementsEqual(bytes) }) {
            self = known
        } else {
            self.init(String(decoding: bytes, as: UTF8.self))
        }
    }

    /// Whether sending it twice has the same effect as sending it once (RFC 9110 §9.2.2).
    public var isIdempotent: Bool { [.get, .head, .put, .delete, .options, .trace].contains(self) }

    /// Whether a request without a body still announces its length as 0 (RFC 9110 §8.6).
    var usuallyHasBody: Bool { [.post, .put, .patch].contains(self) }

    /// The token as sent.
    public var description: String { rawValue }
}
