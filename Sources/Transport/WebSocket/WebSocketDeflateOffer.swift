/// The parameters of `permessage-deflate`, in an offer or in the answer to it (RFC 7692 §7.1).
package struct WebSocketDeflateOffer: Sendable, Equatable {
    package static let name = "permessage-deflate"

    /// Whether the server must not, or agrees not to, refer to earlier messages.
    package var serverNoContextTakeover = false
    /// Whether the client will not, or must not, refer to earlier messages.
    package var clientNoContextTakeover = false
    /// The largest window for the server's messages, in bits; `nil` if not given.
    package var serverMaxWindowBits: Int?
    /// The largest window for the client's messages, in bits; `nil` if not given, 15 for an offer without a number.
    package var clientMaxWindowBits: Int?

    package init() {}

    /// Reads an extension's parameters; `nil` if it is another extension, or if a parameter is unknown, given twice, or
    /// has an invalid value (§7.1).
    ///
    /// - Parameter isAnswer: whether `client_max_window_bits` must have a value, as in an answer (§7.1.2.2).
    package init?(_ found: WebSocketExtension, isAnswer: Bool) {
        guard found.name == Self.name else { return nil }
        var seen: Set<String> = []
        for parameter in found.parameters {
            guard seen.insert(parameter.name).inserted else { return nil }
            switch (parameter.name, parameter.value) {
            case ("server_no_context_takeover", nil): serverNoContextTakeover = true
            case ("client_no_context_takeover", nil): clientNoContextTakeover = true
            case ("client_max_window_bits", nil) where !isAnswer: clientMaxWindowBits = 15
            case ("server_max_window_bits", let value?):
                guard let bits = Self.windowBits(value) else { return nil }
                serverMaxWindowBits = bits
            case ("client_max_window_bits", let value?):
                guard let bits = Self.windowBits(value) else { return nil }
                clientMaxWindowBits = bits
            default: return nil
            }
        }
    }

    /// 8 to 15 in decimal, without leading zeros (§7.1.2).
    private static func windowBits(_ text: String) -> Int? { (8...15).first { String($0) == text } }

    /// Returns the element of the `sec-websocket-extensions` field.
    package func text(isAnswer: Bool) -> String {
        var text = Self.name
        if serverNoContextTakeover { text += "; server_no_context_takeover" }
        if clientNoContextTakeover { text += "; client_no_context_takeover" }
        if let serverMaxWindowBits { text += "; server_max_window_bits=\(serverMaxWindowBits)" }
        if let clientMaxWindowBits {
            text +=
                "; client_max_window_bits" + (clientMaxWindowBits == 15 && !isAnswer ? "" : "=\(clientMaxWindowBits)")
        }
        return text
    }

    // MARK: Server

    /// Returns the answer to the first acceptable offer, and the compression it agrees on; `nil` if no offer is
    /// acceptable.
    ///
    /// If an offer lets the server limit the client's window, the answer asks for no more than this side uses itself;
    /// if it limits the server's window, the answer promises no more than is used.
    package static func answer(
        to offers: [WebSocketExtension]
    ) -> (answer: WebSocketDeflateOffer, agreed: WebSocketDeflate)? {
        for element in offers {
            guard let offer = WebSocketDeflateOffer(element, isAnswer: false) else { continue }
            // §7.1.2.1: an offer is declined if its window is too small to keep to.
            if let bits = offer.serverMaxWindowBits, bits < MessageDeflater.smallestWindowBits { continue }
            var answer = offer
            answer.serverMaxWindowBits = offer.serverMaxWindowBits.map { min($0, MessageDeflater.windowBits) }
            answer.clientMaxWindowBits = offer.clientMaxWindowBits.map { min($0, MessageDeflater.windowBits) }
            return (answer, answer.agreed)
        }
        return nil
    }

    // MARK: Client

    /// A client's offer: the server may limit the window of the messages it receives.
    package static let request: WebSocketDeflateOffer = {
        var offer = WebSocketDeflateOffer()
        offer.clientMaxWindowBits = 15
        return offer
    }()

    /// Returns the compression agreed on by the server's answer to this offer; `nil` if it does not fit (§5.1, §7.1).
    package func agreed(by answer: WebSocketDeflateOffer) -> WebSocketDeflate? {
        // §7.1.1.1, §7.1.2.1: what was demanded of the server must be granted; it may grant more.
        if serverNoContextTakeover && !answer.serverNoContextTakeover { return nil }
        if let most = serverMaxWindowBits, answer.serverMaxWindowBits ?? 16 > most { return nil }
        // §7.1.2.2: a client's window is limited only if its offer allows it, and never widened.
        if let bits = answer.clientMaxWindowBits, bits > clientMaxWindowBits ?? 0 { return nil }
        var agreed = answer.agreed
        if clientNoContextTakeover { agreed.client.keepsContext = false }
        return agreed
    }

    /// The compression that an answer agrees on.
    private var agreed: WebSocketDeflate {
        WebSocketDeflate(
            server: .init(windowBits: serverMaxWindowBits ?? 15, keepsContext: !serverNoContextTakeover),
            client: .init(windowBits: clientMaxWindowBits ?? 15, keepsContext: !clientNoContextTakeover)
        )
    }
}
