import BenchmarkTransport
import Testing

@testable import BenchmarkFramework

@Suite("What proxies say about a client")
struct TrustedProxiesTests {
    @Test(
        "forwarding headers are believed from the listed addresses and from nobody else",
        arguments: [
            ("127.0.0.1", ["127.0.0.1"], true), ("::1", ["127.0.0.1"], true), ("127.8.8.8", ["127.0.0.1"], true),
            ("127.0.0.1", [], false), ("127.0.0.1", ["192.0.2.1"], false), ("192.0.2.1", ["127.0.0.1"], false),
            ("192.0.2.1", ["192.0.2.1"], true), ("192.0.2.10", ["192.0.2.1"], false), ("192.0.2.1", ["*"], true),
            ("192.0.2.77", ["127.0.0.1", "192.0.2.64/26"], true), ("192.0.2.63", ["192.0.2.64/26"], false),
            ("::ffff:192.0.2.1", ["192.0.2.1"], true), ("::ffff:127.0.0.1", ["127.0.0.1"], true),
            ("2001:db8::1", ["2001:db8::1"], true), ("2001:db8::2", ["2001:db8::1"], false),
            ("2001:db8:1::2", ["2001:db8::/32"], true), ("192.0.2.1", ["0.0.0.0/0"], true),
            ("2001:db8::2", ["0.0.0.0/0"], false),
        ] as [(String, [String], Bool)]
    )
    func trust(_ peer: String, _ named: [String], _ isTrusted: Bool) throws {
        let proxies = try TrustedProxies(named)
        let address = try #require(SocketAddress(literal: peer, port: 1))
        #expect(proxies.contains(address) == isTrusted)
        #expect(proxies.saySecure([(.xForwardedProto, "HTTPS")], from: address) == isTrusted)
        #expect(!proxies.saySecure([(.xForwardedProto, "http")], from: address))
        #expect(!proxies.saySecure([], from: address))
        #expect(
            proxies.client([(.xForwardedFor, "198.51.100.7")], from: address).host
                == (isTrusted ? "198.51.100.7" : peer)
        )
    }

    @Test("forwarding headers from a Unix socket are believed if this machine is trusted")
    func unixSockets() throws {
        let peer = try #require(SocketAddress(path: "/run/proxy"))
        let client = try TrustedProxies(["127.0.0.1"]).client([(.xForwardedFor, "198.51.100.7")], from: peer)
        #expect(client.host == "198.51.100.7")
    }

    @Test(
        "the list of forwarded addresses is read from its end, up to the first that is not a trusted proxy",
        arguments: [
            ("198.51.100.7", "198.51.100.7"), ("203.0.113.1, 198.51.100.7", "198.51.100.7"),
            ("203.0.113.1, 198.51.100.7 ,10.0.0.2", "198.51.100.7"), ("198.51.100.7:4711", "198.51.100.7"),
            ("[2001:db8::7]:4711", "2001:db8::7"), ("2001:db8::7", "2001:db8::7"), ("10.0.0.3, 10.0.0.2", "10.0.0.3"),
            ("nobody", "10.0.0.1"), ("198.51.100.7, unknown, 10.0.0.2", "10.0.0.2"), (",", "10.0.0.1"),
            ("", "10.0.0.1"),
            ("[", "10.0.0.1"), ("1.2.3.4:x", "10.0.0.1"),
        ]
    )
    func list(_ list: String, _ client: String) throws {
        let proxies = try TrustedProxies(["10.0.0.0/8"])
        let peer = try #require(SocketAddress(literal: "10.0.0.1", port: 1))
        #expect(proxies.client([(.xForwardedFor, list)], from: peer).host == client)
        let lines: HTTPFields = [(.xForwardedFor, "203.0.113.9"), (.xForwardedFor, list)]
        if client != "10.0.0.1", client != "10.0.0.3" { #expect(proxies.client(lines, from: peer).host == client) }
    }

    @Test(
        "an entry that is not an address is refused with a message that names it",
        arguments: ["proxy.internal", "10.0.0.0/33", "10.0.0.0/", "10.0.0", "/8", "::/129"]
    )
    func mistakes(_ entry: String) async throws {
        let error = #expect(throws: TrustedProxies.Mistake.self) { try TrustedProxies(["10.0.0.1", entry]) }
        #expect(error?.description.contains("'\(entry)'") == true)
        var configuration = ServiceConfiguration(environment: ["FORWARDED_ALLOW_IPS": "10.0.0.1, \(entry)"])
        let usage = #expect(throws: UsageError.self) {
            try ServiceOptions.parse([], into: &configuration, environment: [:])
        }
        #expect(usage?.message.contains("FORWARDED_ALLOW_IPS: '\(entry)'") == true)
        let refused = await #expect(throws: ServiceError.self) {
            try await withSampleService(configure: { $0.trustedProxies = [entry] }) { _ in }
        }
        #expect(refused?.message.contains("'\(entry)'") == true)
    }
}
