import BenchmarkProtocol

/// A public key of a set (RFC 7517) for tokens signed with one algorithm.
struct JSONWebKey: Sendable {
    /// The `kid`, by which tokens name the key.
    let id: String
    let algorithm: SignatureAlgorithm
    let key: VerificationKey

    /// The key that an object describes; `nil` if it is not for signatures, has no `kid` or `alg`, or does not have the
    /// kind and size that the algorithm requires.
    init?(_ json: JSONValue) {
        guard let id = json["kid"]?.stringValue, !id.isEmpty,
            let algorithm = json["alg"]?.stringValue.flatMap({ SignatureAlgorithm(rawValue: $0) }),
            json["use"].map({ $0 == "sig" }) ?? true, let kind = json["kty"]?.stringValue
        else { return nil }
        func bytes(_ name: String) -> [UInt8]? {
            json[name]?.stringValue.flatMap { Base64URL.decode($0.utf8) }
        }
        let key: VerificationKey?
        switch algorithm.scheme {
        case .pkcs1, .pss:
            guard kind == "RSA", let modulus = bytes("n"), let exponent = bytes("e") else { return nil }
            key = VerificationKey(modulus: modulus, exponent: exponent)
        case .ecdsa(let curve):
            guard kind == "EC", json["crv"]?.stringValue == curve.rawValue, let x = bytes("x"), let y = bytes("y")
            else {
                return nil
            }
            key = VerificationKey(curve, x: x, y: y)
        }
        guard let key else { return nil }
        (self.id, self.algorithm, self.key) = (id, algorithm, key)
    }

    /// Returns the usable keys of a set, `{"keys":[…]}`; `nil` if the value is not a set.
    static func set(_ json: JSONValue) -> [JSONWebKey]? {
        json["keys"]?.arrayValue?.compactMap { JSONWebKey($0) }
    }
}
