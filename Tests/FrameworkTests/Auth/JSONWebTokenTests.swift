import BenchmarkProtocol
import Foundation
import Testing

@testable import BenchmarkFramework

/// The tokens in `Vectors/jwt.json`, which `Tests/Interop/vectors/make_jwt.py` makes with PyJWT.
struct TokenVectors: Sendable {
    struct Vector: Sendable, CustomTestStringConvertible {
        let name: String
        let token: String
        let isAccepted: Bool
        let reason: String?
        var testDescription: String { name }
    }

    static let shared: TokenVectors = {
        do {
            return try TokenVectors()
        } catch {
            fatalError("the vectors of tokens cannot be read: \(error)")
        }
    }()

    let now: Double
    let audience: String
    let keys: [JSONValue]
    let vectors: [Vector]

    private init() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Vectors/jwt.json")
        let json = try JSONValue(parsing: Array(Data(contentsOf: file)))
        now = try #require(json["now"]?.doubleValue)
        audience = try #require(json["audience"]?.stringValue)
        keys = try #require(json["keys"]?.arrayValue)
        vectors = try #require(json["vectors"]?.arrayValue).map { vector in
            Vector(
                name: try #require(vector["name"]?.stringValue),
                token: try #require(vector["token"]?.stringValue),
                isAccepted: vector["accepted"] == true,
                reason: vector["reason"]?.stringValue
            )
        }
    }

    func token(_ name: String) throws -> String { try #require(vectors.first { $0.name == name }).token }
}

@Suite("Tokens")
struct JSONWebTokenTests {
    /// Returns the claims of a token, verified by the keys of a set.
    private static func verify(_ token: String, _ keys: [JSONWebKey], now: Double) throws(TokenRefusal) -> JSONObject {
        let token = try JSONWebToken(token)
        guard let key = keys.first(where: { $0.id == token.keyID }) else { throw .unknownKey }
        let claims = try token.verified(by: key, audience: TokenVectors.shared.audience, now: now)
        let tenants = claims["tenants"]?.objectValue?.count ?? 0
        guard tenants == 1 else { throw .tenants(tenants) }
        return claims
    }

    private static func reason(_ refusal: TokenRefusal) -> String {
        switch refusal {
        case .malformed: "malformed"
        case .algorithm: "algorithm"
        case .unknownKey: "key"
        case .signature: "signature"
        case .expired: "expired"
        case .notYetValid: "notYetValid"
        case .audience: "audience"
        case .tenants: "tenants"
        }
    }

    @Test(
        "tokens made by PyJWT are accepted or refused as their vectors say, RFC 7515, 7518, 7519",
        arguments: TokenVectors.shared.vectors
    )
    func vectors(_ vector: TokenVectors.Vector) throws {
        let keys = try #require(JSONWebKey.set(["keys": .array(TokenVectors.shared.keys)]))
        #expect(keys.count == 9)
        do throws(TokenRefusal) {
            _ = try Self.verify(vector.token, keys, now: TokenVectors.shared.now)
            #expect(vector.isAccepted)
        } catch {
            #expect(Self.reason(error) == vector.reason)
            // The text for the log does not contain the token.
            #expect(vector.token.isEmpty || !error.description.contains(vector.token))
        }
    }

    @Test("there are accepted and refused vectors for every algorithm")
    func coverage() {
        for algorithm in SignatureAlgorithm.allCases {
            let about = TokenVectors.shared.vectors.filter { $0.name.hasPrefix(algorithm.rawValue) }
            #expect(about.contains { $0.isAccepted })
            #expect(about.count { !$0.isAccepted } >= 4)
        }
        let reasons = Set(TokenVectors.shared.vectors.compactMap(\.reason))
        let all = ["malformed", "algorithm", "key", "signature", "expired", "notYetValid", "audience", "tenants"]
        #expect(reasons == Set(all))
    }

    @Test("changing any single letter makes a token invalid")
    func changes() throws {
        let keys = try #require(JSONWebKey.set(["keys": .array(TokenVectors.shared.keys)]))
        let token = Array(try TokenVectors.shared.token("ES256 is accepted").utf8)
        for index in token.indices where token[index] != UInt8(ascii: ".") {
            var changed = token
            changed[index] = changed[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            #expect(throws: TokenRefusal.self, "\(index)") {
                try Self.verify(String(decoding: changed, as: UTF8.self), keys, now: TokenVectors.shared.now)
            }
        }
    }

    @Test("a token that is too long is not parsed")
    func length() {
        #expect(throws: TokenRefusal.malformed("it is too long")) {
            try JSONWebToken(String(repeating: "a", count: JSONWebToken.maxBytes + 1))
        }
    }

    @Test(
        "a key that does not suit its algorithm is ignored, RFC 7518 §6",
        arguments: [
            ("alg", nil), ("alg", "HS256"), ("alg", "RS257"), ("kid", nil), ("kid", ""), ("use", "enc"), ("kty", "EC"),
            ("kty", "oct"), ("kty", nil), ("n", nil), ("n", "AQAB"), ("n", "é"), ("e", nil), ("e", ""),
        ] as [(String, JSONValue?)]
    )
    func wrongKeys(_ name: String, _ value: JSONValue?) throws {
        var object = try #require(TokenVectors.shared.keys.first?.objectValue)
        #expect(JSONWebKey(.object(object)) != nil)
        object[name] = value
        #expect(JSONWebKey(.object(object)) == nil)
    }

    @Test(
        "a point that is not on the curve of its algorithm is not accepted as a key, RFC 7518 §6.2",
        arguments: ["x", "y", "crv", "alg"]
    )
    func wrongPoints(_ name: String) throws {
        var object = try #require(TokenVectors.shared.keys.first { $0["alg"] == "ES256" }?.objectValue)
        #expect(JSONWebKey(.object(object)) != nil)
        switch name {
        case "crv": object["crv"] = "P-384"
        case "alg": object["alg"] = "ES384"
        default: object[name] = .string(String(repeating: "A", count: 43))
        }
        #expect(JSONWebKey(.object(object)) == nil)
    }
}
