/// The certificate that a server shows, and whom it asks for one.
public struct TLSServerConfiguration: Sendable, Hashable {
    /// The PEM file with the certificate, followed by those of the authorities between it and the root.
    public var certificateFile: String
    /// The PEM file with the certificate's private key, without a passphrase.
    public var privateKeyFile: String
    /// The PEM file with the authorities whose clients may connect; nil asks no client for a certificate.
    ///
    /// A client that comes again may resume its session without another look at its certificate (RFC 8446 §2.2), but not
    /// when that has expired, nor when the server has read its files again meanwhile.
    public var clientAuthorityFile: String?

    /// Certificate and key from files.
    public init(certificateFile: String, privateKeyFile: String, clientAuthorityFile: String? = nil) {
        self.certificateFile = certificateFile
        self.privateKeyFile = privateKeyFile
        self.clientAuthorityFile = clientAuthorityFile
    }
}

/// Whom a client trusts, and the certificate it shows if asked.
///
/// The chain and the host name of a server are always verified (RFC 9110 §4.3.4, RFC 9525).
public struct TLSClientConfiguration: Sendable, Hashable {
    /// The PEM file with the authorities that are trusted; nil trusts those of the system, or of the files that
    /// `SSL_CERT_FILE` and `SSL_CERT_DIR` name.
    public var authorityFile: String?
    /// The PEM file with the client's certificate and those between it and the root, for servers that ask for one.
    public var certificateFile: String?
    /// The PEM file with that certificate's private key.
    public var privateKeyFile: String?

    /// Trusts the given authorities, or the system's.
    public init(authorityFile: String? = nil) { self.authorityFile = authorityFile }
}
