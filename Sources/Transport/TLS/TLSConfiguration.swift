/// The certificate that a server presents, and the authorities for client certificates.
public struct TLSServerConfiguration: Sendable, Hashable {
    /// The PEM file with the certificate, followed by its intermediate certificates.
    public var certificateFile: String
    /// The PEM file with the certificate's private key, without a passphrase.
    public var privateKeyFile: String
    /// The PEM file with the authorities for client certificates; `nil` means that clients are not asked for one.
    ///
    /// A returning client may resume its session without its certificate being verified again (RFC 8446 §2.2), unless
    /// that has expired or the server has reloaded its files since.
    public var clientAuthorityFile: String?

    /// Creates a configuration with a certificate and a key from files.
    public init(certificateFile: String, privateKeyFile: String, clientAuthorityFile: String? = nil) {
        self.certificateFile = certificateFile
        self.privateKeyFile = privateKeyFile
        self.clientAuthorityFile = clientAuthorityFile
    }
}

/// The authorities that a client trusts, and the certificate it presents if asked.
///
/// The chain and the host name of a server are always verified (RFC 9110 §4.3.4, RFC 9525).
public struct TLSClientConfiguration: Sendable, Hashable {
    /// The PEM file with the trusted authorities; `nil` trusts those of the system, or those that `SSL_CERT_FILE` and
    /// `SSL_CERT_DIR` name.
    public var authorityFile: String?
    /// The PEM file with the client's certificate and its intermediate certificates, for servers that ask for one.
    public var certificateFile: String?
    /// The PEM file with that certificate's private key.
    public var privateKeyFile: String?

    /// Creates a configuration that trusts the given authorities, or the system's.
    public init(authorityFile: String? = nil) { self.authorityFile = authorityFile }
}
