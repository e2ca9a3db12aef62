import COpenSSL

/// A public key for verifying signatures.
///
/// `@unchecked Sendable`: the key does not change after `init`, and OpenSSL can read it from any thread.
final class VerificationKey: @unchecked Sendable {
    private let key: OpaquePointer

    /// An RSA key; `nil` if OpenSSL rejects it, or its modulus does not have 2,048 to 16,384 bits (RFC 7518 §3.3).
    init?(modulus: [UInt8], exponent: [UInt8]) {
        defer { ERR_clear_error() }
        let (modulus, exponent) = (Array(modulus.drop { $0 == 0 }), Array(exponent.drop { $0 == 0 }))
        guard (256...2048).contains(modulus.count), modulus.count > 256 || modulus.first.map({ $0 >= 0x80 }) == true,
            (1...8).contains(exponent.count),
            let key = copenssl_rsa_key(modulus, Int32(modulus.count), exponent, Int32(exponent.count))
        else { return nil }
        self.key = key
    }

    /// An elliptic-curve key; `nil` if the point is not on the curve.
    init?(_ curve: EllipticCurve, x: [UInt8], y: [UInt8]) {
        defer { ERR_clear_error() }
        let point = [4] + x + y
        guard x.count == curve.coordinateCount, y.count == curve.coordinateCount,
            let key = copenssl_ec_key(curve.groupName, point, point.count)
        else { return nil }
        self.key = key
    }

    deinit { EVP_PKEY_free(key) }

    /// Returns whether a signature matches a message.
    func accepts(_ signature: [UInt8], of message: [UInt8], by algorithm: SignatureAlgorithm) -> Bool {
        defer { ERR_clear_error() }
        var signature = signature
        if case .ecdsa(let curve) = algorithm.scheme {
            guard let encoded = Self.derSignature(signature, curve) else { return false }
            signature = encoded
        }
        guard let context = EVP_MD_CTX_new() else { return false }
        defer { EVP_MD_CTX_free(context) }
        var keyContext: OpaquePointer?  // belongs to the context
        guard EVP_DigestVerifyInit_ex(context, &keyContext, algorithm.digest, nil, nil, key, nil) == 1 else {
            return false
        }
        if algorithm.scheme == .pss {
            guard EVP_PKEY_CTX_set_rsa_padding(keyContext, RSA_PKCS1_PSS_PADDING) == 1,
                EVP_PKEY_CTX_set_rsa_pss_saltlen(keyContext, RSA_PSS_SALTLEN_DIGEST) == 1
            else { return false }
        }
        return EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }

    /// Returns the DER form (RFC 3279 §2.2.3) of a signature that is two concatenated integers (RFC 7518 §3.4).
    private static func derSignature(_ signature: [UInt8], _ curve: EllipticCurve) -> [UInt8]? {
        guard signature.count == 2 * curve.coordinateCount else { return nil }
        func integer(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
            var value = Array(bytes.drop { $0 == 0 })
            if value.first.map({ $0 >= 0x80 }) ?? true { value.insert(0, at: 0) }
            return element(2, value)
        }
        func element(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
            // No content here has more than 255 bytes.
            let length = UInt8(truncatingIfNeeded: content.count)
            return (length < 0x80 ? [tag, length] : [tag, 0x81, length]) + content
        }
        let half = curve.coordinateCount
        return element(0x30, integer(signature[..<half]) + integer(signature[half...]))
    }
}
