/// A peer's violation of HTTP/1.1, or of a limit.
package struct HTTPProtocolError: Error, Sendable, Hashable {
    /// The status to answer with, if this side is the server.
    package let status: HTTPStatus
    /// What is wrong.
    package let message: String

    init(_ status: HTTPStatus, _ message: String) { (self.status, self.message) = (status, message) }

    static func bad(_ message: String) -> HTTPProtocolError { .init(.badRequest, message) }
}
