import BenchmarkProtocol

/// A public key of a set (RFC 7517) that signs tokens by one algorithm.
struct JSONWebKey: Sendable {
    /// `kid`, by which tokens name it.
    let id: String
    let algorithm: SignatureAlgorithm
    let key: VerificationKey

    /// The key that an object describes; nil if it is for something else than signatures, has no `kid` or `alg`, or is
    /// not one of the algorithm's kind and size.
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

    /// The keys of a set, `{"keys":[…]}`, without those that cannot be used; nil if it is none.
    static func set(_ json: JSONValue) -> [JSONWebKey]? {
        json["keys"]?.arrayValue?.compactMap { JSONWebKey($0) }
    }
}
