/// An error with the HTTP status to respond with.
public struct HTTPError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The status of the response.
    public let status: Int
    /// The `detail` in the body of the response.
    public let detail: String

    /// The detail.
    public var description: String { detail }

    /// An error with a status from 400 to 599; any other status becomes 500.
    public init(_ status: Int, _ detail: String) {
        self.status = (400...599).contains(status) ? status : 500
        self.detail = detail
    }
}
