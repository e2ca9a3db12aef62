import BenchmarkTransport
import Testing

@Suite("The proxy of a request")
struct ProxySettingsTests {
    @Test(
        "the lower-case variable takes precedence, and ALL_PROXY comes last",
        arguments: [
            (["HTTP_PROXY": "http://a:1"], "http://h/", "a:1"), (["HTTP_PROXY": "http://a:1"], "https://h/", nil),
            (["http_proxy": "b:2", "HTTP_PROXY": "http://a:1"], "http://h/", "b:2"),
            (["http_proxy": "", "HTTP_PROXY": "http://a:1"], "http://h/", nil),
            (["HTTPS_PROXY": "http://[::1]:3/"], "wss://h/", "[::1]:3"), (["all_proxy": "c"], "https://h/", "c:80"),
            (["ALL_PROXY": "c", "https_proxy": "d:4"], "https://h/", "d:4"),
            (["ALL_PROXY": "c"], "http+unix://%2Frun%2Fx.sock/", nil),
        ] as [([String: String], String, String?)]
    )
    func precedence(_ variables: [String: String], _ url: String, _ expected: String?) throws {
        let proxy = try ProxySettings { variables[$0] }.proxy(for: HTTPURL(url))
        #expect(proxy?.description == expected)
    }

    @Test("HTTP_PROXY is ignored if REQUEST_METHOD is set, since it may then hold a client's Proxy field")
    func cgi() throws {
        let url = try HTTPURL("http://h/")
        let attack = ["HTTP_PROXY": "evil:1", "REQUEST_METHOD": "GET"]
        #expect(try ProxySettings { attack[$0] }.proxy(for: url) == nil)
        let both = attack.merging(["http_proxy": "good:1"]) { $1 }
        #expect(try ProxySettings { both[$0] }.proxy(for: url)?.description == "good:1")
    }

    @Test(
        "hosts listed in NO_PROXY are reached directly",
        arguments: [
            ("*", "http://h/", true), ("example.com", "http://example.com/", true),
            ("example.com", "http://a.example.com/", true), ("example.com", "http://badexample.com/", false),
            (".example.com", "http://example.com/", true), (".example.com", "http://a.b.example.com/", true),
            ("*.example.com", "http://a.example.com/", true), ("Example.COM.", "http://example.com./", true),
            ("a, b\tc", "http://b/", true), ("a, b\tc", "http://c/", true), ("", "http://h/", false),
            ("h:81", "http://h/", false), ("h:80", "http://h/", true), ("h:x", "http://h/", false),
            ("127.0.0.1", "http://127.0.0.1:8/", true), ("127.0.0.1:9", "http://127.0.0.1:8/", false),
            ("0.0.1", "http://127.0.0.1/", false), ("10.0.0.0/8", "http://10.200.3.4/", true),
            ("10.0.0.0/8", "http://11.0.0.1/", false), ("192.168.4.0/22", "http://192.168.7.255/", true),
            ("192.168.4.0/22", "http://192.168.8.0/", false), ("10.0.0.0/33", "http://10.0.0.1/", false),
            ("0.0.0.0/0", "http://9.9.9.9/", true), ("0.0.0.0/0", "http://[::1]/", false),
            ("::1", "http://[::1]/", true), ("[::1]", "http://[0::1]/", true), ("[::1]:80", "http://[::1]:80/", true),
            ("[::1]:81", "http://[::1]:80/", false), ("fd00::/8", "http://[fd12::9]/", true),
            ("fd00::/8", "http://[fc12::9]/", false), ("localhost", "http://127.0.0.1/", false),
        ]
    )
    func exceptions(_ list: String, _ url: String, _ isDirect: Bool) throws {
        let proxy = try ProxySettings(http: "p:1", exceptions: list).proxy(for: HTTPURL(url))
        #expect((proxy == nil) == isDirect)
    }

    @Test("servers on this machine are reached directly only if the proxy comes from the environment")
    func loopback() throws {
        let (settings, environment) = (ProxySettings(http: "p:1"), ProxySettings { $0 == "http_proxy" ? "p:1" : nil })
        for url in ["http://127.0.0.1/", "http://localhost/", "http://[::1]/"] {
            #expect(try settings.proxy(for: HTTPURL(url))?.description == "p:1")
            #expect(try environment.proxy(for: HTTPURL(url)) == nil)
        }
    }

    @Test(
        "user information is decoded and sent as Basic credentials, RFC 7617 §2",
        arguments: [
            ("http://user:secret@p:1", "Basic dXNlcjpzZWNyZXQ="), ("user:secret@p:1", "Basic dXNlcjpzZWNyZXQ="),
            ("http://a%40b:c%3Ad@p", "Basic YUBiOmM6ZA=="), ("http://user@p", "Basic dXNlcjo="), ("http://p", nil),
        ] as [(String, String?)]
    )
    func userInformation(_ text: String, _ expected: String?) throws {
        let proxy = try ProxySettings(http: text).proxy(for: HTTPURL("http://h/"))
        #expect(proxy?.authorization == expected)
        #expect(proxy?.description.contains("secret") == false)
    }

    @Test(
        "an unusable proxy is an error that names its variable but no secret, RFC 9110 §4.2.4",
        arguments: [
            ("HTTPS_PROXY", "https://user:secret@p:1"), ("https_proxy", "socks5://user:secret@p:1"),
            ("ALL_PROXY", "http://user:secret@p:99999"), ("all_proxy", "http://"), ("all_proxy", "user:secret"),
            ("ALL_PROXY", "http://user:x@secret:y@p:z"), ("all_proxy", "user:x@secret:y"),
        ]
    )
    func unusable(_ name: String, _ text: String) throws {
        let settings = ProxySettings { $0 == name ? text : nil }
        let url = try HTTPURL("https://h/")
        let error = #expect(throws: HTTPClientError.self) { try settings.proxy(for: url) }
        #expect(error?.code == .invalidProxy)
        #expect(error?.message.contains(name) == true)
        #expect(error?.message.contains("secret") == false)
    }

    @Test(
        "a password with a delimiter is refused with the advice to percent-encode it, RFC 3986 §3.2.1",
        arguments: ["http://joe:sec/ret@p:3128", "joe:sec?ret@p", "http://sec#ret@p", "http://joe:12/x@p"]
    )
    func delimiters(_ text: String) throws {
        let url = try HTTPURL("http://h/")
        let error = #expect(throws: HTTPClientError.self) { try ProxySettings(http: text).proxy(for: url) }
        #expect(error?.code == .invalidProxy)
        #expect(error?.message.contains("percent-encode") == true)
        for part in ["joe", "sec", "ret", "12"] { #expect(error?.message.contains(part) == false) }
    }
}
