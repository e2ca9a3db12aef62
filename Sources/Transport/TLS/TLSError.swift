internal import COpenSSL

/// A TLS connection that could not be established or broke, or certificates that cannot be used.
public struct TLSError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What happened, naming the file or host involved.
    public let message: String

    package init(message: String) { self.message = message }

    /// The message.
    public var description: String { message }

    /// Returns the reason in this thread's OpenSSL error queue and empties the queue, which all connections of the
    /// thread share.
    static func takeReason() -> String {
        var reason = "no reason given"
        while case let code = ERR_get_error(), code != 0 {
            if copenssl_is_passphrase_error(code) != 0 {
                ERR_clear_error()
                return "it is protected by a passphrase"
            }
            if let text = ERR_reason_error_string(code) {
                reason = String(cString: text)
            }
        }
        return reason
    }
}
