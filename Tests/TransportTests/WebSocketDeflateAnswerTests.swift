import BenchmarkTransport
import Testing

@Suite("A client's offers of permessage-deflate and the answers it accepts, RFC 7692 §5 and §7.1")
struct WebSocketDeflateAnswerTests {
    private static func offer(_ change: (inout WebSocketDeflateOffer) -> Void) -> WebSocketDeflateOffer {
        var offer = WebSocketDeflateOffer()
        change(&offer)
        return offer
    }

    /// Offers of a client.
    static let plain = offer { _ in }
    static let anyWindow = offer { $0.clientMaxWindowBits = 15 }
    static let demanding = offer {
        ($0.serverNoContextTakeover, $0.clientNoContextTakeover) = (true, true)
        ($0.serverMaxWindowBits, $0.clientMaxWindowBits) = (10, 11)
    }

    @Test("a client offers what it is configured to, §7.1, and by default nothing")
    func requests() {
        #expect(Self.plain.text(isAnswer: false) == "permessage-deflate")
        #expect(Self.anyWindow.text(isAnswer: false) == "permessage-deflate; client_max_window_bits")
        #expect(
            Self.demanding.text(isAnswer: false)
                == "permessage-deflate; server_no_context_takeover; client_no_context_takeover; "
                + "server_max_window_bits=10; client_max_window_bits=11"
        )
        #expect(!WebSocketHandshake.Request().fields.contains(.secWebSocketExtensions))
        #expect(!WebSocketHandshake.Request(compression: .off).fields.contains(.secWebSocketExtensions))
        let fields = WebSocketHandshake.Request(compression: .offered).fields
        #expect(fields[.secWebSocketExtensions] == "permessage-deflate; client_max_window_bits")
    }

    private static func outcome(
        of answers: [String],
        to offer: WebSocketDeflateOffer?
    ) throws -> (problem: String?, deflate: WebSocketDeflate?) {
        let request = WebSocketHandshake.Request(offer: offer)
        let lines = request.fields.filter { $0.name != .secWebSocketExtensions }
            .map { "\($0.name): \($0.value)\r\n" }.joined()
        guard case .accepted(var fields, _) = WebSocketHandshake.accept(try decodedHead("GET /", "host: h\r\n" + lines))
        else { throw NotDecoded() }
        for answer in answers { fields.append(.secWebSocketExtensions, answer) }
        var (decoder, wire) = (HTTPDecoder(role: .client), ByteBuffer())
        HTTPEncoder.appendResponseHead(
            status: .switchingProtocols,
            fields: fields,
            framing: .none,
            closes: false,
            commonFields: [],
            to: &wire
        )
        guard case .response(let head, _)? = decoder.next(&wire) else { throw NotDecoded() }
        return (request.problem(with: head), request.deflate(agreedBy: head))
    }

    static let acceptances: [(offer: WebSocketDeflateOffer, answer: String, agreed: WebSocketDeflate)] = [
        (plain, "", .init()),
        (plain, "; server_no_context_takeover", .init(server: .init(keepsContext: false))),
        (plain, "; client_no_context_takeover", .init(client: .init(keepsContext: false))),
        (plain, "; server_max_window_bits=8", .init(server: .init(windowBits: 8))),
        (anyWindow, "", .init()),
        (anyWindow, "; client_max_window_bits=15", .init()),
        (anyWindow, "; client_max_window_bits=\"8\"", .init(client: .init(windowBits: 8))),
        (
            demanding, "; server_no_context_takeover; server_max_window_bits=9",
            .init(server: .init(windowBits: 9, keepsContext: false), client: .init(keepsContext: false))
        ),
    ]

    @Test("a client accepts an answer that grants its offer, §7.1", arguments: acceptances.indices)
    func takes(_ index: Int) throws {
        let example = Self.acceptances[index]
        let outcome = try Self.outcome(of: ["permessage-deflate" + example.answer], to: example.offer)
        #expect(outcome.problem == nil)
        #expect(outcome.deflate == example.agreed)
    }

    @Test("a client accepts that its offer is declined")
    func declinedOffer() throws {
        let outcome = try Self.outcome(of: [], to: Self.demanding)
        #expect(outcome.problem == nil)
        #expect(outcome.deflate == nil)
    }

    static let refusals: [(name: String, offer: WebSocketDeflateOffer?, answers: [String])] = [
        ("RFC 6455 §4.1 compression not offered", nil, ["permessage-deflate"]),
        ("RFC 6455 §4.1 another extension", anyWindow, ["permessage-bzip2"]),
        ("RFC 6455 §4.1 an extension beside it", anyWindow, ["permessage-deflate, permessage-bzip2"]),
        ("RFC 6455 §9.1 a broken list", anyWindow, ["permessage-deflate;"]),
        ("RFC 6455 §9.1 an empty list", anyWindow, [""]),
        ("§5.1 accepted twice", anyWindow, ["permessage-deflate", "permessage-deflate"]),
        ("§7.1 an unknown parameter", anyWindow, ["permessage-deflate; level=1"]),
        (
            "§7.1 a parameter twice", anyWindow,
            ["permessage-deflate; server_no_context_takeover; server_no_context_takeover"]
        ),
        ("§7.1.1.1 a value", anyWindow, ["permessage-deflate; server_no_context_takeover=1"]),
        ("§7.1.1.2 a value", anyWindow, ["permessage-deflate; client_no_context_takeover=1"]),
        ("§7.1.1.1 a demand not granted", demanding, ["permessage-deflate; server_max_window_bits=10"]),
        ("§7.1.2.1 a demand not granted", demanding, ["permessage-deflate; server_no_context_takeover"]),
        (
            "§7.1.2.1 a larger window than demanded", demanding,
            ["permessage-deflate; server_no_context_takeover; server_max_window_bits=11"]
        ),
        ("§7.1.2.1 no value", anyWindow, ["permessage-deflate; server_max_window_bits"]),
        ("§7.1.2.1 a window of 7", anyWindow, ["permessage-deflate; server_max_window_bits=7"]),
        ("§7.1.2.1 a window of 16", anyWindow, ["permessage-deflate; server_max_window_bits=16"]),
        ("§7.1.2.2 a client window not offered", plain, ["permessage-deflate; client_max_window_bits=12"]),
        ("§7.1.2.2 no value", anyWindow, ["permessage-deflate; client_max_window_bits"]),
        ("§7.1.2.2 a window of 7", anyWindow, ["permessage-deflate; client_max_window_bits=7"]),
        ("§7.1.2.2 a window of 16", anyWindow, ["permessage-deflate; client_max_window_bits=16"]),
        (
            "§7.1.2.2 a larger window than offered", demanding,
            ["permessage-deflate; server_no_context_takeover; server_max_window_bits=9; client_max_window_bits=12"]
        ),
    ]

    @Test("a client refuses an answer that does not match its offer, RFC 7692 §5.1", arguments: refusals.indices)
    func refusesAnswer(_ index: Int) throws {
        let example = Self.refusals[index]
        let outcome = try Self.outcome(of: example.answers, to: example.offer)
        #expect(outcome.problem != nil, "\(example.name)")
        #expect(outcome.deflate == nil, "\(example.name)")
    }
}
