/// Whether a connection persists after a message (RFC 9112 §9.3).
///
/// The `keep-alive` option of HTTP/1.0 is not honored.
package enum HTTPKeepAlive {
    static func isKept(after request: HTTPRequestHead) -> Bool { isKept(request.version, request.fields) }
    static func isKept(after response: HTTPResponseHead) -> Bool { isKept(response.version, response.fields) }

    private static func isKept(_ version: HTTPVersion, _ fields: HTTPFields) -> Bool {
        version == .http11 && !(fields.contains(.connection) && fields.hasToken("close", in: .connection))
    }
}
