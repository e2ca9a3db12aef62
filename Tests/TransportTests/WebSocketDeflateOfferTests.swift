import BenchmarkTransport
import Testing

@Suite("Offers of permessage-deflate, and a server's answers, RFC 7692 §5 and §7.1")
struct WebSocketDeflateOfferTests {
    // MARK: Grammar

    static let lists: [(values: [String], read: String?)] = [
        (["a"], "a"), (["a, b;c"], "a|b;c"), (["a;b=c;d", "e"], "a;b=c;d|e"), (["a ;\tb = c , d"], "a;b=c|d"),
        (["a;b=\"c\""], "a;b=c"), (["a;b=\"\\c1\" ; d"], "a;b=c1;d"), ([",a,,b,", ""], "a|b"), ([], ""), ([""], ""),
        (["a;"], nil), ([";b"], nil), (["a;b="], nil), (["a;=b"], nil), (["a b"], nil), (["a;b=c d"], nil),
        (["a;b=\"\""], nil), (["a;b=\"c"], nil), (["a;b=\"c d\""], nil), (["a;b=\"c,d\""], nil), (["a;b=\"c\\"], nil),
        (["a;b=\"c\"d"], nil), (["a;b=\"\\\"\""], nil), (["a/b"], nil), (["é"], nil), (["a", "b;b;;"], nil),
    ]

    @Test("lists of extensions are parsed, RFC 6455 §9.1", arguments: lists.indices)
    func grammar(_ index: Int) {
        let example = Self.lists[index]
        let found = WebSocketExtension.parse(example.values)?.map { element in
            let parameters = element.parameters.map { parameter in
                parameter.value.map { "\(parameter.name)=\($0)" } ?? parameter.name
            }
            return ([element.name] + parameters).joined(separator: ";")
        }
        #expect(found?.joined(separator: "|") == example.read)
    }

    // MARK: Server

    private static let key = "dGhlIHNhbXBsZSBub25jZQ=="

    private static func handshake(_ values: [String]) throws -> HTTPRequestHead {
        var fields: HTTPFields = [
            (.host, "h"), (.upgrade, "websocket"), (.connection, "Upgrade"), (.secWebSocketVersion, "13"),
            (.secWebSocketKey, key),
        ]
        for value in values { fields.append(.secWebSocketExtensions, value) }
        return try decodedHead("GET /ws", fields.map { "\($0.name): \($0.value)\r\n" }.joined())
    }

    struct Offer: Sendable, CustomTestStringConvertible {
        var name: String
        var offer: [String]
        /// The parameters of the answer; `nil` if the offer is declined.
        var answer: String?
        var agreed = WebSocketDeflate()
        var testDescription: String { name }

        init(
            _ name: String,
            _ offer: String...,
            answer: String?,
            server: WebSocketDeflate.Direction = .init(),
            client: WebSocketDeflate.Direction = .init()
        ) {
            (self.name, self.offer, self.answer) = (name, offer, answer)
            agreed = WebSocketDeflate(server: server, client: client)
        }
    }

    private static func declined(_ name: String, _ offer: String) -> Offer { Offer(name, offer, answer: nil) }

    static let offers: [Offer] =
        [
            Offer("§7.1 nothing asked for", "permessage-deflate", answer: ""),
            Offer(
                "§7.1.1.1 server_no_context_takeover is granted",
                "permessage-deflate; server_no_context_takeover",
                answer: "; server_no_context_takeover",
                server: .init(keepsContext: false)
            ),
            Offer(
                "§7.1.1.2 client_no_context_takeover is taken at its word",
                "permessage-deflate; client_no_context_takeover",
                answer: "; client_no_context_takeover",
                client: .init(keepsContext: false)
            ),
            Offer(
                "§7.1.2.1 a server window of 15 is answered with the one in use",
                "permessage-deflate; server_max_window_bits=15",
                answer: "; server_max_window_bits=12",
                server: .init(windowBits: 12)
            ),
            Offer(
                "§7.1.2.1 a server window of 9",
                "permessage-deflate; server_max_window_bits=9",
                answer: "; server_max_window_bits=9",
                server: .init(windowBits: 9)
            ),
            Offer(
                "§7.1.2.2 a client that can limit its window is asked to",
                "permessage-deflate; client_max_window_bits",
                answer: "; client_max_window_bits=12",
                client: .init(windowBits: 12)
            ),
            Offer(
                "§7.1.2.2 a client window of 8 stays",
                "permessage-deflate; client_max_window_bits=8",
                answer: "; client_max_window_bits=8",
                client: .init(windowBits: 8)
            ),
            Offer(
                "§7.1 everything at once, in quotes",
                "permessage-deflate;client_max_window_bits=\"10\";server_no_context_takeover;"
                    + "server_max_window_bits=\"1\\1\";client_no_context_takeover",
                answer: "; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=11; "
                    + "client_max_window_bits=10",
                server: .init(windowBits: 11, keepsContext: false),
                client: .init(windowBits: 10, keepsContext: false)
            ),
            Offer(
                "§5.1 the second offer where the first cannot be kept to",
                "permessage-deflate; server_max_window_bits=8, permessage-deflate; server_no_context_takeover",
                answer: "; server_no_context_takeover",
                server: .init(keepsContext: false)
            ),
            Offer(
                "§5.1 the first of two that can be accepted",
                "permessage-deflate; client_no_context_takeover, permessage-deflate",
                answer: "; client_no_context_takeover",
                client: .init(keepsContext: false)
            ),
            Offer(
                "RFC 6455 §9.1 an offer in another field, after other extensions",
                "x-webkit-deflate-frame, permessage-bzip2; level=9",
                "permessage-deflate",
                answer: ""
            ),
            declined("§7.1.2.1 a server window of 8", "permessage-deflate; server_max_window_bits=8"),
            declined("§7.1 an unknown parameter", "permessage-deflate; level=9"),
            declined("§7.1 a parameter in upper case", "permessage-deflate; CLIENT_MAX_WINDOW_BITS"),
            declined(
                "§7.1 a parameter twice",
                "permessage-deflate; server_no_context_takeover; server_no_context_takeover"
            ),
            declined("§7.1 a window twice", "permessage-deflate; client_max_window_bits; client_max_window_bits=9"),
            declined("§7.1.1.1 a value where there is none", "permessage-deflate; server_no_context_takeover=1"),
            declined("§7.1.1.2 a value where there is none", "permessage-deflate; client_no_context_takeover=true"),
            declined("§7.1.2.1 no value where one is needed", "permessage-deflate; server_max_window_bits"),
            declined("another extension", "permessage-bzip2"),
        ]
        + ["7", "16", "0", "09", "+9", "9.0", "nine", "128", "-8", "99999999999999999999"].flatMap { value in
            [
                declined("§7.1.2.1 a server window of \(value)", "permessage-deflate; server_max_window_bits=\(value)"),
                declined("§7.1.2.2 a client window of \(value)", "permessage-deflate; client_max_window_bits=\(value)"),
            ]
        }

    @Test("a server answers or declines an offer", arguments: offers)
    func answers(_ example: Offer) throws {
        guard case .accepted(let fields, let deflate) = WebSocketHandshake.accept(try Self.handshake(example.offer))
        else {
            Issue.record("refused")
            return
        }
        #expect(fields[.secWebSocketExtensions] == example.answer.map { "permessage-deflate" + $0 })
        #expect(deflate == (example.answer == nil ? nil : example.agreed))
    }

    @Test("a server without compression declines every offer", arguments: offers)
    func declines(_ example: Offer) throws {
        let head = try Self.handshake(example.offer)
        guard case .accepted(let fields, nil) = WebSocketHandshake.accept(head, compression: .off) else {
            Issue.record("refused or compressed")
            return
        }
        #expect(!fields.contains(.secWebSocketExtensions))
    }

    @Test(
        "a server refuses a malformed list, RFC 6455 §9.1",
        arguments: ["permessage-deflate;", "permessage-deflate; a=\"b", "a b", "permessage-deflate; a=\"\""]
    )
    func refuses(_ value: String) throws {
        for compression in WebSocketCompression.allCases {
            let answer = WebSocketHandshake.accept(try Self.handshake([value]), compression: compression)
            guard case .rejected(let status, _) = answer else {
                Issue.record("accepted \(value)")
                continue
            }
            #expect(status.code == 400)
        }
    }
}
