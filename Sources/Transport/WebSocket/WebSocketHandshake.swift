internal import COpenSSL

/// The opening handshake (RFC 6455 §4): pure functions from heads to heads.
package enum WebSocketHandshake {
    /// A server's answer.
    package enum Answer {
        /// 101 with these fields, and the compression agreed on, if any.
        case accepted(HTTPFields, deflate: WebSocketDeflate?)
        /// This status, with a text that gives the reason.
        case rejected(HTTPStatus, String)
    }

    /// Returns the server's answer to a request (RFC 6455 §4.2).
    ///
    /// Offered subprotocols are not accepted, nor are extensions other than compression.
    package static func accept(_ head: HTTPRequestHead, compression: WebSocketCompression = .accepted) -> Answer {
        guard head.method == .get, head.version == .http11 else {
            return .rejected(.badRequest, "a WebSocket handshake is a GET of HTTP/1.1")
        }
        guard head.asksForWebSocket else {
            return .rejected(.upgradeRequired, "this address speaks WebSocket")
        }
        let keys = head.fields[values: .secWebSocketKey]
        guard keys.count == 1, let key = keys.first, isKey(key) else {
            return .rejected(.badRequest, "sec-websocket-key is missing or is not 16 bytes in base64")
        }
        let versions = head.fields[values: .secWebSocketVersion]
        guard let version = versions.first, versions.count == 1 else {
            return .rejected(.badRequest, "sec-websocket-version is missing or given twice")
        }
        guard version == "13" else {
            return .rejected(.upgradeRequired, "sec-websocket-version is not 13")
        }
        // RFC 6455 §9.1: a violation of the grammar fails the handshake.
        guard let offers = WebSocketExtension.parse(head.fields[values: .secWebSocketExtensions]) else {
            return .rejected(.badRequest, "sec-websocket-extensions is not a valid list of extensions")
        }
        var fields: HTTPFields = [
            (.upgrade, "websocket"), (.connection, "Upgrade"), (.secWebSocketAccept, acceptance(of: key)),
        ]
        guard compression != .off, let (answer, agreed) = WebSocketDeflateOffer.answer(to: offers) else {
            return .accepted(fields, deflate: nil)
        }
        fields.append(.secWebSocketExtensions, answer.text(isAnswer: true))
        return .accepted(fields, deflate: agreed)
    }

    /// A client's side of one handshake (RFC 6455 §4.1).
    package struct Request {
        /// The fields of the request, besides the caller's own.
        package let fields: HTTPFields
        private let key: String
        private let offer: WebSocketDeflateOffer?

        package init(compression: WebSocketCompression = .accepted) {
            self.init(offer: compression == .offered ? .request : nil)
        }

        /// Creates a request that offers the given compression; `nil` offers none.
        package init(offer: WebSocketDeflateOffer?) {
            self.offer = offer
            key = Base64.encode((0..<16).map { _ in UInt8.random(in: .min ... .max) })
            // `websocket` in lower case: some servers compare the text.
            var fields: HTTPFields = [
                (.upgrade, "websocket"), (.connection, "Upgrade"), (.secWebSocketKey, key),
                (.secWebSocketVersion, "13"),
            ]
            if let offer { fields.append(.secWebSocketExtensions, offer.text(isAnswer: false)) }
            self.fields = fields
        }

        /// Returns what is wrong with the head of a 101; `nil` if nothing is.
        package func problem(with head: HTTPResponseHead) -> String? {
            if !head.fields.hasToken("websocket", in: .upgrade) { return "the handshake upgrades to something else" }
            if !head.fields.hasToken("upgrade", in: .connection) { return "the handshake does not upgrade" }
            if head.fields[values: .secWebSocketAccept] != [WebSocketHandshake.acceptance(of: key)] {
                return "the handshake's sec-websocket-accept is wrong"
            }
            if head.fields.contains(.secWebSocketProtocol) { return "the handshake names a protocol not asked for" }
            if head.fields.contains(.secWebSocketExtensions) && deflate(agreedBy: head) == nil {
                return "the handshake names an extension, or a parameter of one, not asked for"
            }
            return nil
        }

        /// Returns the compression agreed on by the head of a 101; `nil` if there is none.
        package func deflate(agreedBy head: HTTPResponseHead) -> WebSocketDeflate? {
            let elements = WebSocketExtension.parse(head.fields[values: .secWebSocketExtensions])
            guard let offer, let elements, elements.count == 1, let element = elements.first else { return nil }
            return WebSocketDeflateOffer(element, isAnswer: true).flatMap(offer.agreed(by:))
        }
    }

    /// Returns `sec-websocket-accept` for a key: the SHA-1 of the key and a fixed text, in Base64 (§4.2.2).
    static func acceptance(of key: String) -> String {
        let text = Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)
        var digest = [UInt8](repeating: 0, count: Int(SHA_DIGEST_LENGTH))
        SHA1(text, text.count, &digest)
        return Base64.encode(digest)
    }

    /// Whether a text is 16 bytes in Base64: 22 digits, the last of which holds two bits, and two pads.
    private static func isKey(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return bytes.count == 24 && bytes.suffix(2).elementsEqual("==".utf8)
            && bytes.prefix(22).allSatisfy(Base64.isDigit)
    }
}
