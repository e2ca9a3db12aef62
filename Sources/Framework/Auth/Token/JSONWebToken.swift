import BenchmarkProtocol

/// A signed token in compact form (RFC 7515 §3.1, RFC 7519), read but not yet believed.
struct JSONWebToken: Sendable {
    /// The longest token that is looked at, in bytes.
    static let maxBytes = 65_536

    /// The key that is said to have signed it.
    let keyID: String
    let algorithm: SignatureAlgorithm
    private let claims: JSONObject
    private let message: [UInt8]
    private let signature: [UInt8]

    /// - Throws: ``TokenRefusal`` for what is no such token, or asks for what is not understood.
    init(_ text: String) throws(TokenRefusal) {
        guard text.utf8.count <= Self.maxBytes else { throw .malformed("it is too long") }
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3 else { throw .malformed("it has \(parts.count) parts") }
        let header = try Self.object(parts[0], "header")
        // Extensions that must be understood are not (RFC 7515 §4.1.11, RFC 7797 §3).
        if header["crit"] != nil || header["b64"] != nil { throw .malformed("its header asks for extensions") }
        guard let name = header["alg"]?.stringValue, let algorithm = SignatureAlgorithm(rawValue: name) else {
            throw .algorithm
        }
        guard let keyID = header["kid"]?.stringValue, !keyID.isEmpty else { throw .unknownKey }
        claims = try Self.object(parts[1], "payload")
        guard let signature = Base64URL.decode(parts[2]), !signature.isEmpty else {
            throw .malformed("its signature is not base64url")
        }
        (self.keyID, self.algorithm, self.signature) = (keyID, algorithm, signature)
        message = Array(parts[0]) + [UInt8(ascii: ".")] + Array(parts[1])
    }

    private static func object(_ part: Substring.UTF8View, _ name: String) throws(TokenRefusal) -> JSONObject {
        guard let bytes = Base64URL.decode(part) else { throw .malformed("its \(name) is not base64url") }
        // JSON in UTF-8 and no other encoding (RFC 7515 §5.2): only there does an object begin with a brace alone.
        let isUTF8 = bytes.first == UInt8(ascii: "{") && !bytes.contains(0)
        guard isUTF8, String(validating: bytes, as: UTF8.self) != nil,
            let object = (try? JSONValue(parsing: bytes))?.objectValue
        else { throw .malformed("its \(name) is not a JSON object") }
        return object
    }

    /// Believes the token, if a key signed it, it is in force and it is meant for an audience.
    ///
    /// - Parameters:
    ///   - now: seconds since 1970.
    ///   - leeway: how many seconds the clocks may differ.
    /// - Returns: the claims.
    func verified(by key: JSONWebKey, audience: String, now: Double, leeway: Double = 5) throws(TokenRefusal)
        -> JSONObject
    {
        // A key is for one algorithm, so a token cannot choose how its signature is read (RFC 8725 §3.1).
        guard key.algorithm == algorithm else { throw .algorithm }
        guard key.key.accepts(signature, of: message, by: algorithm) else { throw .signature }
        if let expiry = try date("exp"), expiry <= now - leeway { throw .expired }
        if let begin = try date("nbf"), begin > now + leeway { throw .notYetValid }
        if let issued = try date("iat"), issued > now + leeway { throw .notYetValid }
        try checkAudience(audience)
        return claims
    }

    /// A claim that is a number of seconds since 1970, with or without a fraction (RFC 7519 §2); nil if it is absent.
    private func date(_ name: String) throws(TokenRefusal) -> Double? {
        guard let claim = claims[name] else { return nil }
        guard let number = claim.doubleValue, number.isFinite else { throw .malformed("its \(name) is not a date") }
        return number
    }

    /// A token without `aud` is for anybody (RFC 7519 §4.1.3).
    private func checkAudience(_ audience: String) throws(TokenRefusal) {
        switch claims["aud"] {
        case nil: return
        case .string(let name): if name.hasSameUTF8(as: audience) { return }
        case .array(let names):
            if names.contains(where: { $0.stringValue?.hasSameUTF8(as: audience) == true }) { return }
        default: break
        }
        throw .audience
    }
}

/// Why a token is not believed.
///
/// Its text goes into the log, and has nothing of the token in it.
enum TokenRefusal: Error, Sendable, Hashable, CustomStringConvertible {
    /// It is no token.
    case malformed(String)
    /// It is not signed by an algorithm of the key it names.
    case algorithm
    /// It names no key, or one that is not known.
    case unknownKey
    /// The signature is not that of the key.
    case signature
    /// It was valid once.
    case expired
    /// It will be valid later.
    case notYetValid
    /// It is for somebody else.
    case audience
    /// It does not belong to exactly one tenant.
    case tenants(Int)

    var description: String {
        switch self {
        case .malformed(let problem): "the token is malformed: \(problem)"
        case .algorithm: "the token is not signed by an algorithm of its key"
        case .unknownKey: "the token names no known key"
        case .signature: "the token's signature is wrong"
        case .expired: "the token has expired"
        case .notYetValid: "the token is not valid yet"
        case .audience: "the token is for another audience"
        case .tenants(let count): "the access key has \(count) tenants, not one"
        }
    }
}
