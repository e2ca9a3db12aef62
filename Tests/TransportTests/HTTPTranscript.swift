import BenchmarkTransport
import TestSupport
import Testing

/// The events of a decoder as lines of text: one per head or end, with bodies merged.
///
/// `request POST /a http11 fixed(5) host=x content-length=5`, `response 200 http11 none`, `body hello`, `end x-t=1`,
/// `failed 400`.
enum HTTPTranscript {
    /// Feeds the pieces to a decoder the way a connection would, and lists the events.
    ///
    /// - Parameters:
    ///   - methods: The methods of the requests that a client's responses answer.
    ///   - closes: Whether the peer closes the connection after the last piece.
    static func of(
        _ pieces: [[UInt8]],
        role: HTTPRole,
        limits: HTTPLimits = HTTPLimits(),
        methods: [HTTPMethod] = [],
        closes: Bool = false
    ) -> [String] {
        var decoder = HTTPDecoder(role: role, limits: limits)
        var input = ByteBuffer()
        var lines: [String] = []
        var body: [UInt8] = []
        var methods = methods[...]
        var isSwitched = false
        let answered = methods.first
        if let method = methods.popFirst() { decoder.expectResponse(to: method) }
        func note(_ event: HTTPEvent) {
            if case .body(let count) = event { return body += input.take(count) }
            if !body.isEmpty { lines.append("body " + String(decoding: body, as: UTF8.self)) }
            body = []
            lines.append(text(event))
            if case .response(let head, _) = event {
                let opensTunnel = answered == .connect && (200..<300).contains(head.status.code)
                isSwitched = head.status == .switchingProtocols || opensTunnel
            }
            if case .end = event, let method = methods.popFirst() { decoder.expectResponse(to: method) }
        }
        for piece in pieces {
            input.append(contentsOf: piece)
            while let event = decoder.next(&input) { note(event) }
        }
        if closes, let event = decoder.receiveEnd() { note(event) }
        if !body.isEmpty { lines.append("body " + String(decoding: body, as: UTF8.self)) }
        if isSwitched && !input.isEmpty {
            lines.append("left " + String(decoding: input.take(input.count), as: UTF8.self))
        }
        return lines
    }

    private static func text(_ event: HTTPEvent) -> String {
        switch event {
        case .request(let head, let framing):
            "request \(head.method) \(head.target) \(head.version) \(framing)" + text(head.fields)
        case .response(let head, let framing):
            "response \(head.status.code) \(head.version) \(framing)" + text(head.fields)
        case .body(let count): "body of \(count)"
        case .end(let trailers): "end" + text(trailers)
        case .failed(let error): "failed \(error.status.code)"
        }
    }

    private static func text(_ fields: HTTPFields) -> String {
        fields.map { " \($0.name)=\($0.value)" }.joined()
    }
}

/// Bytes on the wire and the transcript that a decoder must produce from them.
struct HTTPExample: Sendable, CustomTestStringConvertible {
    var name: String
    var wire: [UInt8]
    var methods: [HTTPMethod] = []
    var closes = false
    var lines: [String]

    var testDescription: String { name }

    init(_ name: String, _ wire: String, methods: [HTTPMethod] = [], closes: Bool = false, _ lines: String...) {
        self.init(name, bytes: Array(wire.utf8), methods: methods, closes: closes, lines)
    }

    init(_ name: String, bytes: [UInt8], methods: [HTTPMethod] = [], closes: Bool = false, _ lines: [String]) {
        self.name = name
        self.wire = bytes
        self.methods = methods
        self.closes = closes
        self.lines = lines
    }
}
