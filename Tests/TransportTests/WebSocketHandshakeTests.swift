import BenchmarkTransport
import Testing

@Suite("WebSocketHandshake, RFC 6455 §4")
struct WebSocketHandshakeTests {
    private static let sampleKey = "dGhlIHNhbXBsZSBub25jZQ=="

    private static func request(
        _ line: String = "GET /ws",
        without dropped: HTTPField.Name? = nil,
        with added: [(HTTPField.Name, String)] = []
    ) throws -> HTTPRequestHead {
        var fields: HTTPFields = [
            (.host, "h"), (.upgrade, "websocket"), (.connection, "Upgrade"), (.secWebSocketVersion, "13"),
            (.secWebSocketKey, sampleKey),
        ]
        if let dropped { fields.remove(dropped) }
        for (name, value) in added { fields.append(name, value) }
        return try decodedHead(line, fields.map { "\($0.name): \($0.value)\r\n" }.joined())
    }

    private static func accepted(_ head: HTTPRequestHead) -> HTTPFields? {
        if case .accepted(let fields, _) = WebSocketHandshake.accept(head) { fields } else { nil }
    }

    @Test("the sample key of §1.3 gets the sample answer")
    func sample() throws {
        let fields = try #require(Self.accepted(try Self.request()))
        #expect(fields[.secWebSocketAccept] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        #expect(fields.map(\.name) == [.upgrade, .connection, .secWebSocketAccept])
    }

    @Test("tokens are accepted in any case and in lists")
    func tokens() throws {
        let upgrade = try Self.request(without: .upgrade, with: [(.upgrade, "x, WebSocket")])
        #expect(Self.accepted(upgrade) != nil)
        let connection = try Self.request(without: .connection, with: [(.connection, "keep-alive, UPGRADE")])
        #expect(Self.accepted(connection) != nil)
    }

    static let refusals: [(name: String, dropped: HTTPField.Name?, added: [(HTTPField.Name, String)], status: Int)] = [
        ("no key", .secWebSocketKey, [], 400),
        ("an empty key", .secWebSocketKey, [(.secWebSocketKey, "")], 400),
        ("a key of 15 bytes", .secWebSocketKey, [(.secWebSocketKey, "eHh4eHh4eHh4eHh4eHh4")], 400),
        ("a key of 17 bytes", .secWebSocketKey, [(.secWebSocketKey, "eHh4eHh4eHh4eHh4eHh4eHg=")], 400),
        ("a key that is no base64", .secWebSocketKey, [(.secWebSocketKey, "!!!!IHNhbXBsZSBub25jZQ==")], 400),
        ("two keys", nil, [(.secWebSocketKey, "eHh4eHh4eHh4eHh4eHh4eA==")], 400),
        ("no version", .secWebSocketVersion, [], 400),
        ("version 12", .secWebSocketVersion, [(.secWebSocketVersion, "12")], 426),
        ("version thirteen", .secWebSocketVersion, [(.secWebSocketVersion, "thirteen")], 426),
        ("no upgrade", .upgrade, [], 426),
        ("another upgrade", .upgrade, [(.upgrade, "h2c")], 426),
        ("no connection", .connection, [(.connection, "keep-alive")], 426),
    ]

    @Test("requests that are not valid handshakes are refused", arguments: refusals.indices)
    func refuses(_ index: Int) throws {
        let example = Self.refusals[index]
        let head = try Self.request(without: example.dropped, with: example.added)
        guard case .rejected(let status, let message) = WebSocketHandshake.accept(head) else {
            Issue.record("accepted \(example.name)")
            return
        }
        #expect(status.code == example.status, "\(example.name)")
        #expect(!message.isEmpty)
    }

    @Test("other methods are refused")
    func methods() throws {
        #expect(Self.accepted(try Self.request("POST /ws")) == nil)
    }

    @Test("each handshake has a new key")
    func keys() {
        let keys = Set((0..<50).map { _ in WebSocketHandshake.Request().fields[.secWebSocketKey] })
        #expect(keys.count == 50)
    }

    @Test("a client accepts the server's answer and no other")
    func responses() throws {
        let request = WebSocketHandshake.Request()
        let lines = request.fields.map { "\($0.name): \($0.value)\r\n" }.joined()
        let good = try #require(Self.accepted(try decodedHead("GET /ws", "host: h\r\n" + lines)))
        #expect(request.problem(with: try Self.response(good)) == nil)
        #expect(WebSocketHandshake.Request().problem(with: try Self.response(good)) != nil)
        for name in [HTTPField.Name.upgrade, .connection, .secWebSocketAccept] {
            var bad = good
            bad.remove(name)
            #expect(request.problem(with: try Self.response(bad)) != nil, "without \(name)")
        }
        for name in [HTTPField.Name.secWebSocketExtensions, .secWebSocketProtocol, .secWebSocketAccept] {
            var bad = good
            bad.append(name, "x")
            #expect(request.problem(with: try Self.response(bad)) != nil, "with \(name)")
        }
    }

    private static func response(_ fields: HTTPFields) throws -> HTTPResponseHead {
        var decoder = HTTPDecoder(role: .client)
        var wire = ByteBuffer()
        HTTPEncoder.appendResponseHead(
            status: .switchingProtocols,
            fields: fields,
            framing: .none,
            closes: false,
            commonFields: [],
            to: &wire
        )
        guard case .response(let head, _)? = decoder.next(&wire) else { throw NotDecoded() }
        return head
    }
}
