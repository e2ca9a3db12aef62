/// Why a stream can no longer be used.
package enum StreamFailure: Error, Sendable, CustomStringConvertible {
    /// This side has closed it.
    case closed
    /// The peer finished sending too early.
    case endOfStream
    /// A deadline has passed.
    case timedOut
    /// The system reported an error.
    case system(SystemError)
    /// TLS was refused or violated.
    case tls(TLSError)

    package var description: String {
        switch self {
        case .closed: "the connection is closed"
        case .endOfStream: "the peer closed the connection"
        case .timedOut: "the connection timed out"
        case .system(let error): error.description
        case .tls(let error): "TLS: \(error)"
        }
    }
}
