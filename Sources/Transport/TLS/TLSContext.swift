internal import COpenSSL
import Glibc

/// The certificates, trust and protocol rules shared by the TLS connections of a server or a client (RFC 8446, RFC
/// 5246).
///
/// Allows TLS 1.3, and TLS 1.2 with forward secrecy and authenticated encryption; no compression, renegotiation or
/// early data. Creating one reads files and therefore blocks.
package final class TLSContext: @unchecked Sendable {
    // Safe to share: an SSL_CTX is not changed once connections are made from it, and its reference count is atomic.
    private let context: OpaquePointer
    private let role: HTTPRole

    /// Creates a context for servers.
    package init(_ configuration: TLSServerConfiguration) throws(TLSError) {
        (context, role) = (try Self.make(TLS_server_method()), .server)
        try use(configuration.certificateFile, configuration.privateKeyFile)
        copenssl_accept_http1(context)
        // Sessions live in tickets, which cost the server nothing; the ID context sets them apart from those of other
        // servers.
        _ = "benchmark-service".withCString { name in
            name.withMemoryRebound(to: UInt8.self, capacity: 17) { SSL_CTX_set_session_id_context(context, $0, 17) }
        }
        guard let authorities = configuration.clientAuthorityFile else { return }
        try trust(authorities)
        SSL_CTX_set_client_CA_list(context, SSL_load_client_CA_file(authorities))
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nil)
        _ = copenssl_check_tickets(context)
    }

    /// Creates a context for clients.
    package init(_ configuration: TLSClientConfiguration) throws(TLSError) {
        (context, role) = (try Self.make(TLS_client_method()), .client)
        if let authorities = configuration.authorityFile {
            try trust(authorities)
        } else if SSL_CTX_set_default_verify_paths(context) != 1 {
            throw TLSError(message: "the system's certificate authorities cannot be read: \(TLSError.takeReason())")
        }
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nil)
        copenssl_cache_sessions_outside(context)
        _ = copenssl_offer_http1(context)
        switch (configuration.certificateFile, configuration.privateKeyFile) {
        case (let certificate?, let key?): try use(certificate, key)
        case (nil, nil): break
        default: throw TLSError(message: "a client certificate takes both a certificate and a private key")
        }
    }

    deinit { SSL_CTX_free(context) }

    private static func make(_ method: OpaquePointer?) throws(TLSError) -> OpaquePointer {
        guard let context = SSL_CTX_new(method) else {
            throw TLSError(message: "TLS cannot be set up: \(TLSError.takeReason())")
        }
        copenssl_set_modes(context)
        copenssl_set_options(context)
        copenssl_never_ask(context)
        // RFC 9325 §4.2: ephemeral keys and AEAD; all TLS 1.3 suites have them.
        guard copenssl_require_tls12(context) == 1, SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1
        else {
            SSL_CTX_free(context)
            throw TLSError(message: "TLS cannot be set up: \(TLSError.takeReason())")
        }
        return context
    }

    private func use(_ certificate: String, _ key: String) throws(TLSError) {
        try Self.check(certificate)
        guard SSL_CTX_use_certificate_chain_file(context, certificate) == 1 else {
            throw TLSError(message: "no certificate can be read from \(certificate): \(TLSError.takeReason())")
        }
        try Self.check(key)
        guard SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) == 1 else {
            throw TLSError(message: "no private key for it can be read from \(key): \(TLSError.takeReason())")
        }
        guard SSL_CTX_check_private_key(context) == 1 else {
            throw TLSError(message: "the key in \(key) does not belong to the certificate in \(certificate)")
        }
    }

    private func trust(_ authorities: String) throws(TLSError) {
        try Self.check(authorities)
        guard SSL_CTX_load_verify_locations(context, authorities, nil) == 1 else {
            throw TLSError(message: "no authorities can be read from \(authorities): \(TLSError.takeReason())")
        }
    }

    /// Checks that a file can be opened: OpenSSL's own error for a missing file does not name it.
    private static func check(_ file: String) throws(TLSError) {
        let descriptor = open(file, O_RDONLY | O_CLOEXEC)
        if descriptor < 0 { throw TLSError(message: "\(SystemError.last("open \(file)"))") }
        close(descriptor)
    }

    // MARK: Connections

    /// Creates the TLS state of a connection over a socket; returns `nil` if there is no memory or the host is not
    /// usable.
    ///
    /// - Parameters:
    ///   - host: the host that a client wants to reach; a name is sent to the server (RFC 6066 §3), and the certificate
    ///     must be for the host.
    ///   - session: an earlier session with that host to resume.
    func makeConnection(over descriptor: Int32, host: String?, session: TLSSession?) -> OpaquePointer? {
        guard let ssl = SSL_new(context) else { return nil }
        guard SSL_set_fd(ssl, descriptor) == 1 else {
            SSL_free(ssl)
            return nil
        }
        switch role {
        case .server: SSL_set_accept_state(ssl)
        case .client:
            SSL_set_connect_state(ssl)
            guard let host, Self.expect(host, of: ssl) else {
                SSL_free(ssl)
                return nil
            }
            if let session { session.resume(in: ssl) }
        }
        return ssl
    }

    /// Sets the host to verify (RFC 9525 §6): only subject alternative names count, and an address is not a name.
    ///
    /// The dot that ends a fully qualified name is no part of it here (RFC 6066 §3).
    private static func expect(_ host: String, of ssl: OpaquePointer) -> Bool {
        let host = host.hasSuffix(".") ? String(host.dropLast()) : host
        // OpenSSL would verify any host.
        if host.isEmpty { return false }
        if SocketAddress(literal: host, port: 0) != nil {
            return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1
        }
        SSL_set_hostflags(ssl, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT))
        return SSL_set1_host(ssl, host) == 1 && copenssl_set_server_name(ssl, host) == 1
    }
}
