internal import COpenSSL

/// A session that a client keeps to shorten the next handshake with the same host (RFC 8446 §2.2).
final class TLSSession: @unchecked Sendable {
    // Safe to share: an SSL_SESSION is not changed by resuming it, and its reference count is atomic.
    private let session: OpaquePointer

    /// Takes the session of an established connection; `nil` if the server has given none that can be resumed.
    init?(of ssl: OpaquePointer) {
        guard let session = SSL_get1_session(ssl) else { return nil }
        guard SSL_SESSION_is_resumable(session) == 1 else {
            SSL_SESSION_free(session)
            return nil
        }
        self.session = session
    }

    deinit { SSL_SESSION_free(session) }

    func resume(in ssl: OpaquePointer) { SSL_set_session(ssl, session) }
}
