import COpenSSL

/// What stands for a secret: it can be compared and remembered, and tells nothing about the secret, neither by what it is
/// nor by the time that comparing takes.
struct SecretDigest: Hashable, Sendable {
    private let bytes: [UInt8]

    /// SHA-256 of the secret.
    init(of secret: [UInt8]) {
        bytes = [UInt8](unsafeUninitializedCapacity: Int(SHA256_DIGEST_LENGTH)) { buffer, count in
            SHA256(secret, secret.count, buffer.baseAddress)
            count = buffer.count
        }
    }

    /// Compares every byte, whatever comes before it.
    static func == (left: SecretDigest, right: SecretDigest) -> Bool {
        guard left.bytes.count == right.bytes.count else { return false }
        return zip(left.bytes, right.bytes).reduce(into: UInt8(0)) { $0 |= $1.0 ^ $1.1 } == 0
    }
}
