import COpenSSL

/// A digest that stands for a secret.
///
/// It can be compared and remembered, and reveals nothing about the secret, neither by its value nor by the time that a
/// comparison takes.
struct SecretDigest: Hashable, Sendable {
    private let bytes: [UInt8]

    /// SHA-256 of the secret.
    init(of secret: [UInt8]) {
        bytes = [UInt8](unsafeUninitializedCapacity: Int(SHA256_DIGEST_LENGTH)) { buffer, count in
            SHA256(secret, secret.count, buffer.baseAddress)
            count = buffer.count
        }
    }

    /// Compares all bytes, wherever the first difference is.
    static func == (left: SecretDigest, right: SecretDigest) -> Bool {
        guard left.bytes.count == right.bytes.count else { return false }
        return zip(left.bytes, right.bytes).reduce(into: UInt8(0)) { $0 |= $1.0 ^ $1.1 } == 0
    }
}
