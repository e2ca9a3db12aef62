internal import COpenSSL
import Glibc

/// A ``ByteStream`` of TLS over a connected socket.
///
/// OpenSSL reads from and writes to the socket itself; this class tracks what each operation waits for. Reading may
/// have to wait until the socket is writable, and the reverse (a key update is answered); both are then announced.
/// Confined to the loop's thread.
final class TLSStream: ByteStream, ReadinessHandler {
    var owner: (any ReadinessHandler)?
    private let socket: DescriptorStream
    private var ssl: OpaquePointer?

    /// Whether the handshake is over.
    private(set) var isEstablished = false
    /// Whether OpenSSL has reported that the connection must not be used any more, not even to shut it down.
    private var isBroken = false
    /// False from when OpenSSL finds nothing more to read until the socket becomes readable.
    private var mayRead = true
    /// Whether reading waits for the socket to become writable, and writing for it to become readable.
    private var (readAwaitsWriting, writeAwaitsReading) = (false, false)
    private var mustFinish = false

    /// Takes ownership of a registered socket.
    ///
    /// - Returns: `nil`, with the socket closed, if there is no memory or the host is not usable.
    init?(_ socket: DescriptorStream, _ context: TLSContext, host: String? = nil, resuming session: TLSSession? = nil) {
        self.socket = socket
        guard let ssl = context.makeConnection(over: socket.descriptor, host: host, session: session) else {
            ERR_clear_error()
            socket.close()
            return nil
        }
        self.ssl = ssl
        socket.owner = self
    }

    deinit { if let ssl { SSL_free(ssl) } }

    func signal(_ readiness: Readiness) {
        if !readiness.isDisjoint(with: [.readable, .hangup]) { mayRead = true }
        var announced = readiness
        if readAwaitsWriting || !isEstablished {
            mayRead = true
            announced.insert(.readable)
        }
        if writeAwaitsReading { announced.insert(.writable) }
        if mustFinish { finishWriting() }
        owner?.signal(announced)
    }

    /// Continues the handshake (RFC 8446 §4); returns `.bytes(0)` once it is complete.
    func establish() -> IOResult {
        guard let ssl else { return .failed(.closed) }
        if isEstablished { return .bytes(0) }
        ERR_clear_error()
        let result = SSL_do_handshake(ssl)
        if result == 1 {
            isEstablished = true
            return .bytes(0)
        }
        return outcome(result)
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> IOResult {
        guard let ssl else { return .failed(.closed) }
        if !mayRead { return .wouldBlock }
        var count = 0
        ERR_clear_error()
        let result = SSL_read_ex(ssl, buffer.baseAddress, buffer.count, &count)
        return result == 1 ? .bytes(count) : outcome(result)
    }

    func write(_ bytes: UnsafeRawBufferPointer) -> IOResult {
        guard let ssl else { return .failed(.closed) }
        var count = 0
        ERR_clear_error()
        let result = SSL_write_ex(ssl, bytes.baseAddress, bytes.count, &count)
        return result == 1 ? .bytes(count) : outcome(result, isWrite: true)
    }

    /// Returns the outcome of a call that did not succeed.
    private func outcome(_ result: Int32, isWrite: Bool = false) -> IOResult {
        let number = errno
        switch SSL_get_error(ssl, result) {
        case SSL_ERROR_WANT_READ:
            writeAwaitsReading = isWrite
            if !isWrite { (mayRead, readAwaitsWriting) = (false, false) }
            return .wouldBlock
        case SSL_ERROR_WANT_WRITE:
            if isWrite { writeAwaitsReading = false } else { readAwaitsWriting = true }
            return .wouldBlock
        case SSL_ERROR_ZERO_RETURN: return .end
        case SSL_ERROR_SYSCALL:
            isBroken = true
            ERR_clear_error()
            return .failed(.system(SystemError(errorNumber: number == 0 ? ECONNRESET : number, operation: "TLS")))
        default:
            isBroken = true
            return .failed(failure())
        }
    }

    private func failure() -> StreamFailure {
        // RFC 8446 §6.1: an end without close_notify may be an attacker's truncation.
        if copenssl_is_truncation(ERR_peek_last_error()) != 0 {
            ERR_clear_error()
            return .endOfStream
        }
        var reason = TLSError.takeReason()
        let verification = SSL_get_verify_result(ssl)
        if !isEstablished, verification != X509_V_OK, let text = X509_verify_cert_error_string(Int(verification)) {
            reason += ": \(String(cString: text))"
        }
        return .tls(TLSError(message: reason))
    }

    var unacknowledgedCount: Int { socket.unacknowledgedCount }

    /// Sends close_notify (RFC 8446 §6.1), then ends the socket's sending; if there is no room now, as soon as there
    /// is.
    func finishWriting() {
        mustFinish = false
        if let ssl, isEstablished, !isBroken {
            let result = SSL_shutdown(ssl)
            if result < 0, SSL_get_error(ssl, result) == SSL_ERROR_WANT_WRITE {
                mustFinish = true
                return
            }
            ERR_clear_error()
        }
        socket.finishWriting()
    }

    /// The outcome of the handshake; `nil` until it is complete.
    var info: TLSConnectionInfo? {
        guard let ssl, isEstablished else { return nil }
        var subject: String?
        if let certificate = SSL_get0_peer_certificate(ssl) { subject = Self.subject(of: certificate) }
        return TLSConnectionInfo(
            version: SSL_get_version(ssl).map { String(cString: $0) } ?? "",
            isResumed: SSL_session_reused(ssl) == 1,
            peerSubject: subject
        )
    }

    /// Returns the subject's name in the notation of RFC 2253.
    private static func subject(of certificate: OpaquePointer) -> String? {
        guard let output = BIO_new(BIO_s_mem()) else { return nil }
        defer { BIO_free(output) }
        X509_NAME_print_ex(output, X509_get_subject_name(certificate), 0, copenssl_name_format)
        var text: [UInt8] = []
        var byte: UInt8 = 0
        while BIO_read(output, &byte, 1) == 1 { text.append(byte) }
        return String(decoding: text, as: UTF8.self)
    }

    /// The session, for a client to resume later; best taken once something has been read.
    var session: TLSSession? { isEstablished && !isBroken ? ssl.flatMap(TLSSession.init(of:)) : nil }

    func resetOnClose() {
        isBroken = true  // a close_notify would say that the data is complete
        socket.resetOnClose()
    }

    func close() {
        owner = nil
        if let ssl {
            if isEstablished && !isBroken { SSL_shutdown(ssl) }
            SSL_free(ssl)
            ERR_clear_error()
        }
        ssl = nil
        socket.close()
    }
}
