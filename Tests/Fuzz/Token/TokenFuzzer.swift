import BenchmarkProtocol
import Foundation
import FuzzSupport

@testable import BenchmarkFramework

/// Session tokens (RFC 7515 §3.1), sets of keys (RFC 7517 §5), and their base64url (RFC 7515 §2).
///
/// Choice: `k` for a set of keys, `p` for a token made from a header and a payload in JSON, anything else for a token.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    var input = FuzzInput(data, size)
    switch input.choice() {
    case UInt8(ascii: "k"): readKeys(input.rest())
    case UInt8(ascii: "p"):
        let (header, payload) = (input.line(), input.line())
        readToken("\(encoded(header)).\(encoded(payload)).\(encoded(input.rest()))")
    default: readToken(String(decoding: input.rest(), as: UTF8.self))
    }
    return 0
}

private func readKeys(_ bytes: [UInt8]) {
    guard let json = try? JSONValue(parsing: bytes), let keys = JSONWebKey.set(json) else { return }
    for key in keys {
        check(!key.id.isEmpty, "a key without a name")
        check(!key.key.accepts([1], of: bytes, by: key.algorithm), "a signature of one byte is accepted")
    }
}

private func readToken(_ text: String) {
    let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    for part in parts { checkBase64(Array(part)) }
    guard let token = try? JSONWebToken(text) else { return }
    check(text.utf8.count <= JSONWebToken.maxBytes && parts.count == 3, text)
    check(parts.allSatisfy { Base64URL.decode($0) != nil }, text)
    check(!token.keyID.isEmpty, text)
    // The fuzzer cannot have signed with it.
    guard let key, token.algorithm == key.algorithm else { return }
    check((try? token.verified(by: key, audience: "a", now: 0)) == nil, "believed: \(text)")
}

/// Checks that text that is decoded is what Foundation encodes the bytes as, so that no bytes have a second spelling.
private func checkBase64(_ text: [UInt8]) {
    guard let bytes = Base64URL.decode(text) else { return }
    checkEqual(encoded(bytes), String(decoding: text, as: UTF8.self))
}

private func encoded(_ bytes: [UInt8]) -> String {
    Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
}

/// The public key of RFC 7515 §A.3.1.
private let key = JSONWebKey([
    "kid": "1", "alg": "ES256", "kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
])
