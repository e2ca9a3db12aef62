import BenchmarkProtocol

/// A signed token in compact form (RFC 7515 §3.1, RFC 7519), parsed but not yet verified.
struct JSONWebToken: Sendable {
    /// The maximum length of a token, in bytes.
    static let maxBytes = 65_536

    /// The id of the key that the token says it was signed with.
    let keyID: String
    let algorithm: SignatureAlgorithm
    private let claims: JSONObject
    private let message: [UInt8]
    private let signature: [UInt8]

    /// - Throws: ``TokenRefusal`` if the text is not such a token, or requires something that is not supported.
    init(_ text: String) throws(TokenRefusal) {
        guard text.utf8.count <= Self.maxBytes else { throw .malformed("it is too long") }
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3 else { throw .malformed("it has \(parts.count) parts") }
        let header = try Self.object(parts[0], "header")
        // Extensions that must be understood are not supported (RFC 7515 §4.1.11, RFC 7797 §3).
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
        // The JSON must be UTF-8 (RFC 7515 §5.2), the only encoding in which an object starts with a brace and has no
        // zero bytes.
        let isUTF8 = bytes.first == UInt8(ascii: "{") && !bytes.contains(0)
        guard isUTF8, String(validating: bytes, as: UTF8.self) != nil,
            let object = (try? JSONValue(parsing: bytes))?.objectValue
        else { throw .malformed("its \(name) is not a JSON object") }
        return object
    }

    /// Verifies that a key signed the token, that it is in force, and that it is meant for an audience.
    ///
    /// - Parameters:
    ///   - now: the current time, in seconds since 1970.
    ///   - leeway: the number of seconds by which the clocks may differ.
    /// - Returns: the claims.
    func verified(by key: JSONWebKey, audience: String, now: Double, leeway: Double = 5) throws(TokenRefusal)
        -> JSONObject
    {
        // A key is for one algorithm, so a token cannot choose how its signature is verified (RFC 8725 §3.1).
        guard key.algorithm == algorithm else { throw .algorithm }
        guard key.key.accepts(signature, of: message, by: algorithm) else { throw .signature }
        if let expiry = try date("exp"), expiry <= now - leeway { throw .expired }
        if let begin = try date("nbf"), begin > now + leeway { throw .notYetValid }
        if let issued = try date("iat"), issued > now + leeway { throw .notYetValid }
        try checkAudience(audience)
        return claims
    }

    /// Returns a claim that is a number of seconds since 1970, possibly fractional (RFC 7519 §2); `nil` if it is
    /// absent.
    private func date(_ name: String) throws(TokenRefusal) -> Double? {
        guard let claim = claims[name] else { return nil }
        guard let number = claim.doubleValue, number.isFinite else { throw .malformed("its \(name) is not a date") }
        return number
    }

    /// Throws unless the token is for the audience; one without `aud` is for everyone (RFC 7519 §4.1.3).
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

/// The reason why a token is refused.
///
/// Its text is logged, and contains nothing from the token itself.
enum TokenRefusal: Error, Sendable, Hashable, CustomStringConvertible {
    /// It is not a token.
    case malformed(String)
    /// It is not signed with the algorithm of the key that it names.
    case algorithm
    /// It names no key, or an unknown one.
    case unknownKey
    /// Its signature was not made with the key.
    case signature
    /// It has expired.
    case expired
    /// It is not valid yet.
    case notYetValid
    /// It is for another audience.
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
