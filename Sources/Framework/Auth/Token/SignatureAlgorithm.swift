/// The accepted signature algorithms (RFC 7518 §3.1), all of which use a public key.
enum SignatureAlgorithm: String, Sendable, Hashable, CaseIterable {
    case rs256 = "RS256"
    case rs384 = "RS384"
    case rs512 = "RS512"
    case ps256 = "PS256"
    case ps384 = "PS384"
    case ps512 = "PS512"
    case es256 = "ES256"
    case es384 = "ES384"
    case es512 = "ES512"

    /// The scheme of a signature.
    enum Scheme: Sendable, Hashable {
        /// RSASSA-PKCS1-v1_5 (RFC 7518 §3.3).
        case pkcs1
        /// RSASSA-PSS with a salt as long as the digest (RFC 7518 §3.5).
        case pss
        /// ECDSA on the curve of the algorithm (RFC 7518 §3.4).
        case ecdsa(EllipticCurve)
    }

    var scheme: Scheme {
        switch self {
        case .rs256, .rs384, .rs512: .pkcs1
        case .ps256, .ps384, .ps512: .pss
        case .es256: .ecdsa(.p256)
        case .es384: .ecdsa(.p384)
        case .es512: .ecdsa(.p521)
        }
    }

    /// OpenSSL's name of the digest.
    var digest: String {
        switch self {
        case .rs256, .ps256, .es256: "SHA256"
        case .rs384, .ps384, .es384: "SHA384"
        case .rs512, .ps512, .es512: "SHA512"
        }
    }
}

/// The curves of RFC 7518 §6.2.1.1.
enum EllipticCurve: String, Sendable, Hashable {
    case p256 = "P-256"
    case p384 = "P-384"
    case p521 = "P-521"

    /// The number of bytes in a coordinate, and in each half of a signature.
    var coordinateCount: Int {
        switch self {
        case .p256: 32
        case .p384: 48
        case .p521: 66
        }
    }

    /// OpenSSL's name of the curve.
    var groupName: String {
        switch self {
        case .p256: "prime256v1"
        case .p384: "secp384r1"
        case .p521: "secp521r1"
        }
    }
}
