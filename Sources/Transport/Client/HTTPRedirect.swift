/// Finds the request that a redirect asks for (RFC 9110 §15.4).
enum HTTPRedirect {
    /// Returns the request that follows a response, or `nil` if the response is not a redirect.
    ///
    /// A 303, and by common practice a 301 or 302 after POST, is followed with GET and no body; HEAD stays HEAD.
    /// Otherwise the method and body are kept. Fields with credentials are sent only to the same origin. A secure URL
    /// may redirect to an insecure one only if the configuration allows it, and nothing may redirect to a Unix socket
    /// other than the request's own.
    /// - Throws: ``HTTPClientError`` with code `.badRedirect`.
    static func next(
        after head: HTTPResponseHead,
        to request: HTTPClientRequest,
        _ configuration: HTTPClientConfiguration
    ) throws(HTTPClientError) -> HTTPClientRequest? {
        guard [301, 302, 303, 307, 308].contains(head.status.code) else { return nil }
        let locations = head.fields[values: .location]
        guard let location = locations.first else { return nil }
        func fail(_ reason: String) -> HTTPClientError {
            HTTPClientError(
                .badRedirect,
                "\(request.url) redirects to '\(location)': \(reason)",
                status: head.status.code
            )
        }
        if locations.count > 1 { throw fail("and to another location") }
        var next = request
        do { next.url = try request.url.resolve(location) } catch { throw fail(error.message) }
        if request.url.isSecure && !next.url.isSecure && !configuration.followsInsecureRedirects {
            throw fail("from https to http")
        }
        if next.url.socketPath != nil && next.url.socketPath != request.url.socketPath {
            throw fail("to a Unix socket")
        }
        let becomesGet = head.status.code == 303 || (head.status.code <= 302 && request.method == .post)
        if becomesGet && request.method != .head {
            next.method = .get
            next.body = .bytes([])
            next.expectsContinue = false
            for name in contentFields { next.fields.remove(name) }
        } else if !request.canReplayBody {
            throw fail("the body of the request cannot be sent again")
        }
        if next.url.origin != request.url.origin {
            for name in [.authorization, .cookie, .proxyAuthorization] + configuration.credentialFields {
                next.fields.remove(name)
            }
        }
        return next
    }

    /// The fields that describe a body, dropped when it is no longer sent (RFC 9110 §15.4).
    private static let contentFields = [
        "content-type", "content-encoding", "content-language", "content-location", "content-disposition", "digest",
        "content-digest", "last-modified", "trailer", "expect",
    ].compactMap(HTTPField.Name.init)
}
