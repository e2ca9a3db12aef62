import Testing

@testable import BenchmarkFramework

@Suite("Base64 for URLs")
struct Base64URLTests {
    @Test(
        "the vectors of RFC 4648 §10, without padding, and text in the URL alphabet are decoded",
        arguments: [
            ("", ""), ("Zg", "f"), ("Zm8", "fo"), ("Zm9v", "foo"), ("Zm9vYg", "foob"), ("Zm9vYmE", "fooba"),
            ("Zm9vYmFy", "foobar"), ("fn5-", "~~~"), ("Pz8_", "???"),
        ]
    )
    func vectors(_ text: String, _ bytes: String) {
        #expect(Base64URL.decode(text.utf8) == Array(bytes.utf8))
    }

    @Test(
        "only the canonical form is accepted, RFC 7515 §2",
        arguments: ["Zg==", "Zm9v=", "Z", "Zm9vY", "Zh", "Zm9", "Pz8/", "fn5+", "Zm 9v", "Zm9v\n", "Zmé"]
    )
    func refused(_ text: String) {
        #expect(Base64URL.decode(text.utf8) == nil)
    }
}
