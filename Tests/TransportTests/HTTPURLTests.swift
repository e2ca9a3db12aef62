import BenchmarkTransport
import Testing

@Suite("URLs, RFC 3986")
struct HTTPURLTests {
    @Test(
        "a URL is split into its parts",
        arguments: [
            ("http://example.com", false, "example.com", 80, "/"),
            ("HTTPS://Example.COM/a?b=c#d", true, "example.com", 443, "/a?b=c"),
            ("ws://h:8001/ws", false, "h", 8001, "/ws"), ("wss://[::1]:1?x", true, "::1", 1, "/?x"),
            ("http://h:/éb", false, "h", 80, "/%C3%A9b"),
            ("http://h/a#\u{301}", false, "h", 80, "/a"), ("http://h/\u{301}", false, "h", 80, "/%CC%81"),
            ("http://h?\u{301}", false, "h", 80, "/?%CC%81"),
        ] as [(String, Bool, String, UInt16, String)]
    )
    func parses(_ text: String, _ isSecure: Bool, _ host: String, _ port: UInt16, _ target: String) throws {
        let url = try HTTPURL(text)
        #expect(url.isSecure == isSecure)
        #expect(url.host == host)
        #expect(url.port == port)
        #expect(url.target == target)
    }

    @Test(
        "text that is not a URL is refused with an error that quotes it",
        arguments: [
            "", "example.com", "/path", "ftp://h/", "http://", "http://:80/", "http://h:port/", "http://h:65536/",
            "http://h:+1/", "http://user:secret@h/", "http://h/a b", "http://h/\r\nx", "http://[::1", "http://h h/",
            "http://a:b:80/", "http://::1/", "http://a\"b/", "http://a\u{301}/",
            "http+unix://h/", "http+unix:///x", "http+unix://%2Fa%00b/", "http+unix://%2Fa:80/",
            "http+unix://%2F\(String(repeating: "a", count: 107))/", "ftp+unix://%2Fa/",
            "https+unix://h/",
        ]
    )
    func refuses(_ text: String) {
        let error = #expect(throws: HTTPClientError.self) { try HTTPURL(text) }
        #expect(error?.code == .invalidURL)
        #expect(error?.message.contains(text) == true)
    }

    @Test(
        "a reference is resolved against the URL it was found at (RFC 3986 §5.2)",
        arguments: [
            ("http://h:1/a/b?c", "/d?e", "http://h:1/d?e"), ("http://h/a/b", "c", "http://h/a/c"),
            ("http://h/a", "https://other/x", "https://other/x"), ("https://h/a", "//other:2/x", "https://other:2/x"),
            ("http://h/a", "/login?next=https://other/x", "http://h/login?next=https://other/x"),
            ("http://h/a/b", "c?d=e://f", "http://h/a/c?d=e://f"), ("http://h/a/b?c", "?d", "http://h/a/b?d"),
            ("http://h/a/b?c", "#d", "http://h/a/b?c"), ("http://h/a/b?c", "", "http://h/a/b?c"),
            ("http://h/a/b?c", "?d#e", "http://h/a/b?d"), ("http://h/a/b/c", "../d", "http://h/a/d"),
            ("http://h/a/b/c", "./d/./e/", "http://h/a/b/d/e/"), ("http://h/a/b", "../../../c", "http://h/c"),
            ("http://h/a/b/", "..", "http://h/a/"), ("http://h/a/b", "/c/../d/.", "http://h/d/"),
            ("http://h/a", "/login?next=http://x/../y", "http://h/login?next=http://x/../y"),
            ("http://h/a", "b?c=https://x", "http://h/b?c=https://x"), ("http://h/a", "1:2", "http://h/1:2"),
            ("http+unix://%2Fx.sock/a/b", "c", "http+unix://%2Fx.sock/a/c"),
            ("wss+unix://%2Fx.sock/a/b", "/c", "https+unix://%2Fx.sock/c"),
        ]
    )
    func resolves(_ base: String, _ reference: String, _ expected: String) throws {
        let url = try HTTPURL(base).resolve(reference)
        #expect(url.description == expected)
    }

    @Test(
        "a reference with another scheme or without a host is refused",
        arguments: ["file:///etc/passwd", "mailto:a@b", "http:x", "//", "javascript:x", "http://u:p@h/", "/a b"]
    )
    func leadsNowhere(_ reference: String) throws {
        let url = try HTTPURL("http://h/a")
        let error = #expect(throws: HTTPClientError.self) { try url.resolve(reference) }
        #expect(error?.code == .invalidURL)
    }

    @Test("the path of a Unix socket is escaped in place of the host")
    func unixSocket() throws {
        let url = try HTTPURL("http+unix://%2Frun%2Fa%20b.sock/x?y").appending("/z")
        #expect(url.socketPath == "/run/a b.sock")
        #expect(url.authority == "localhost")
        #expect(url.description == "http+unix://%2Frun%2Fa%20b.sock/x/z")
        for text in ["http://localhost/", "https+unix://%2Frun%2Fa%20b.sock/"] {
            let other = try HTTPURL(text)
            #expect(url.origin != other.origin)
        }
    }

    @Test("TLS over a Unix socket is supported, with localhost as the host", arguments: ["https+unix", "WSS+unix"])
    func secureUnixSocket(_ scheme: String) throws {
        let url = try HTTPURL("\(scheme)://%2Frun%2Fa.sock/x")
        #expect(url.isSecure && url.socketPath == "/run/a.sock" && url.host == "localhost")
        #expect(url.authority == "localhost")
        #expect(url.description == "https+unix://%2Frun%2Fa.sock/x")
    }

    @Test("a path is appended to the path of the base")
    func appends() throws {
        let url = try HTTPURL("http://h/api/").appending("/sandbox/1")
        #expect(url.description == "http://h/api/sandbox/1")
    }

    @Test("all but unreserved characters are escaped")
    func escapes() {
        #expect(HTTPURL.escape("aZ9-._~ /é+%") == "aZ9-._~%20%2F%C3%A9%2B%25")
    }
}
