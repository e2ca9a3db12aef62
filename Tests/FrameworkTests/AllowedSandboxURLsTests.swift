import BenchmarkTransport
import Testing

@testable import BenchmarkFramework

@Suite("The sandbox APIs that callers may name")
struct AllowedSandboxURLsTests {
    @Test(
        "a sandbox URL is allowed only if its scheme, host and port are those of an entry",
        arguments: [
            ("https://app.daytona.io/api", true), ("https://APP.daytona.io:443/other?x", true),
            ("http://127.0.0.1:3986/api", true), ("http://app.daytona.io/api", false),
            ("https://app.daytona.io:8443/api", false), ("https://app.daytona.io.evil.example/api", false),
            ("https://evil.example/https://app.daytona.io/api", false), ("https://app.daytona.io@evil.example/", false),
            ("http://127.0.0.1:80/", false), ("http://[::1]:3986/", false), ("", false), ("app.daytona.io", false),
        ]
    )
    func table(_ address: String, _ isAllowed: Bool) throws {
        let allowed = try AllowedSandboxURLs(list: "https://app.daytona.io/api, http://127.0.0.1:3986")
        #expect(allowed.allows(address) == isAllowed)
        #expect(AllowedSandboxURLs.any.allows(address))
    }

    @Test("an entry that is not a URL is refused", arguments: ["", "https://a,", "nope"])
    func malformed(_ list: String) {
        #expect(throws: HTTPClientError.self) { try AllowedSandboxURLs(list: list) }
    }

    @Test(
        "listening on a public address is warned about only if there is neither a key nor a list",
        arguments: [
            ("127.0.0.1", nil, nil, false), ("::1", nil, nil, false), ("0.0.0.0", nil, nil, true),
            ("192.0.2.1", nil, nil, true), ("0.0.0.0", "key", nil, false), ("0.0.0.0", nil, "https://a", false),
        ] as [(String, String?, String?, Bool)]
    )
    func warning(_ host: String, _ key: String?, _ list: String?, _ isWarned: Bool) throws {
        var configuration = ServiceConfiguration(environment: [:])
        configuration.authentication = BuiltInAuthentication(apiKey: key)
        if let list { configuration.sandboxURLs = try AllowedSandboxURLs(list: list) }
        let address = try #require(SocketAddress(literal: host, port: 80))
        #expect((configuration.exposure(of: address) != nil) == isWarned)
    }
}
