/// A peer's violation of HTTP/1.1, or of a ceiling.
package struct HTTPProtocolError: Error, Sendable, Hashable {
    /// The status that answers it, if this side is the server.
    package let status: HTTPStatus
    /// What is wrong.
    package let message: String

    init(_ status: HTTPStatus, _ message: String) { (self.status, self.message) = (status, message) }

    static func bad(_ message: String) -> HTTPProtocolError { .init(.badRequest, message) }
}
