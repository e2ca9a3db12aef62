import BenchmarkTransport
import Testing

/// Decodes the head of a request with this first line, given without the version.
func decodedHead(_ line: String, _ fields: String = "") throws -> HTTPRequestHead {
    var decoder = HTTPDecoder(role: .server)
    var input = ByteBuffer("\(line) HTTP/1.1\r\n\(fields)\r\n".utf8)
    guard case .request(let head, _)? = decoder.next(&input) else { throw NotDecoded() }
    return head
}

struct NotDecoded: Error {}

@Suite("HTTPRequestHead")
struct HTTPRequestHeadTests {
    struct Example: Sendable, CustomTestStringConvertible {
        var target: String
        var rawPath: String
        var path: String
        var query: String?
        var authority: String?
        var testDescription: String { target }

        init(_ target: String, _ rawPath: String, _ path: String, query: String? = nil, authority: String? = nil) {
            (self.target, self.rawPath, self.path) = (target, rawPath, path)
            (self.query, self.authority) = (query, authority)
        }
    }

    static let examples: [Example] = [
        Example("/", "/", "/"), Example("/a/b", "/a/b", "/a/b"), Example("/a?", "/a", "/a", query: ""),
        Example("/a?b?c=/d", "/a", "/a", query: "b?c=/d"), Example("//health", "//health", "//health"),
        Example("/%68ealth", "/%68ealth", "/health"), Example("/a+b", "/a+b", "/a+b"),
        Example("/%C3%A9%ff", "/%C3%A9%ff", "/é\u{FFFD}"), Example("/%zz%2", "/%zz%2", "/%zz%2"),
        Example("/%", "/%", "/%"), Example("/%00", "/%00", "/\0"), Example("/%c0%af", "/%c0%af", "/\u{FFFD}\u{FFFD}"),
        Example("http://h:1/a?b", "/a", "/a", query: "b", authority: "h:1"),
        Example("HTTPS://h", "/", "/", authority: "h"), Example("http://h?b", "/", "/", query: "b", authority: "h"),
        Example("/http://h/", "/http://h/", "/http://h/"), Example("*", "*", "*"),
    ]

    @Test("a target is split into its parts", arguments: examples)
    func parts(_ example: Example) throws {
        let head = try decodedHead("OPTIONS \(example.target)")
        #expect(head.rawPath == example.rawPath)
        #expect(Array(head.path.utf8) == Array(example.path.utf8))
        #expect(head.query == example.query)
        #expect(head.authority == example.authority)
    }

    static let queries: [(query: String, items: [(String, String)])] = [
        ("", []), ("&&", []), ("a=b", [("a", "b")]), ("a", [("a", "")]), ("a=", [("a", "")]), ("=b", [("", "b")]),
        ("a=b=c", [("a", "b=c")]), ("a=1&a=2", [("a", "1"), ("a", "2")]), ("a+b=c+d%2B", [("a b", "c d+")]),
        ("a;b=c", [("a;b", "c")]), ("%61=%62", [("a", "b")]), ("d=%ff", [("d", "\u{FFFD}")]), ("d=%f", [("d", "%f")]),
        ("d=%C3%A9", [("d", "é")]), ("a%26b=c%3Dd", [("a&b", "c=d")]), ("d=%00", [("d", "\0")]),
    ]

    @Test("the query is decoded as a form", arguments: queries.indices)
    func queryItems(_ index: Int) throws {
        let (query, items) = Self.queries[index]
        let head = try decodedHead("GET /?\(query)")
        #expect(head.queryItems.map(\.name) == items.map(\.0))
        #expect(head.queryItems.map(\.value) == items.map(\.1))
    }

    @Test("a target without a query has no query items")
    func noQuery() throws {
        #expect(try decodedHead("GET /a").queryItems.isEmpty)
    }

    @Test("methods are compared by their exact token")
    func methods() {
        #expect(HTTPMethod("GET") == .get)
        #expect(HTTPMethod("get") != .get)
        #expect(HTTPMethod("G T") == nil)
        #expect(HTTPMethod("") == nil)
    }
}
