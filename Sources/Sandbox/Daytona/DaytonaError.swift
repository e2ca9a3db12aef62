import BenchmarkProtocol
import BenchmarkTransport

extension SandboxError {
    /// Creates the error that an answer from Daytona stands for.
    ///
    /// Its message is the first of these that is not empty: the body's `message`, its `error`, its `errors`, the
    /// beginning of the body, the status. Bodies may be empty, or a load balancer's HTML.
    ///
    /// - Parameter key: what must not appear in the error, as in ``withoutKey(_:)``.
    init(status: Int, fields: HTTPFields, body: [UInt8], url: HTTPURL, key: String) {
        let json = try? JSONValue(parsing: body)
        let errors = json?["errors"]?.arrayValue?.compactMap(\.stringValue).joined(separator: "; ")
        let texts = [json?["message"]?.stringValue, json?["error"]?.stringValue, errors]
        let raw = Self.beginning(of: body, 500, without: key)
        let text = texts.lazy.compactMap { $0 }.first { !$0.isEmpty } ?? raw
        let message = text.isEmpty ? "\(url.target) answered \(status)" : text
        self.init(
            Self.code(status, message),
            Self.beginning(of: Array(message.utf8), 8192, without: key),
            status: status,
            serverCode: (json?["code"]?.stringValue ?? json?["error_code"]?.stringValue).map {
                Self.beginning(of: Array($0.utf8), 500, without: key)
            },
            retryAfter: RateLimit.pause(fields)
        )
    }

    private static func code(_ status: Int, _ message: String) -> Code {
        switch status {
        // Redirects are not followed, as that would send the key elsewhere.
        case 300..<400: .protocolViolation
        case 400 where message.contains("Is the Sandbox started?"): .conflict
        case 400 where message.contains("failed to start"): .failed
        case 401: .unauthorized
        case 403: .forbidden
        case 404: .notFound
        // Daemons answer exec in an unknown session with a 500 that says so.
        case 500 where message.contains("session not found"): .notFound
        case 408, 504: .timedOut
        case 409, 410: .conflict
        case 429: .rateLimited
        case 400..<500: .invalidRequest
        case 502, 503: .unavailable
        default: .failed
        }
    }

    /// Creates the error for a request without a complete answer.
    init(_ error: HTTPClientError) {
        let code: Code
        switch (error.code, error.status) {
        case (.timedOut, _): code = .timedOut
        case (.bodyTooLarge, _): code = .tooLarge
        case (.protocolViolation, _), (.badRedirect, _): code = .protocolViolation
        case (.invalidURL, _), (.invalidProxy, _): code = .invalidConfiguration
        case (.upgradeRefused, 401), (.upgradeRefused, 403), (.upgradeRefused, 404), (.upgradeRefused, 429):
            code = Self.code(error.status ?? 0, "")
        default: code = .unavailable
        }
        self.init(code, error.message, status: error.status)
    }

    /// Returns the error with `[key]` in place of every occurrence of a key.
    ///
    /// Servers may repeat what they were sent.
    func withoutKey(_ key: String) -> SandboxError {
        let hiding = { (text: String) in Self.beginning(of: Array(text.utf8), .max, without: key) }
        return SandboxError(
            code,
            hiding(message),
            status: status,
            serverCode: serverCode.map(hiding),
            retryAfter: retryAfter,
            exitCode: exitCode
        )
    }

    /// Returns about as many bytes of a text as asked for, with `[key]` in place of every occurrence of a key.
    ///
    /// A key is looked for before the text is cut, so that none is left in part.
    private static func beginning(of bytes: [UInt8], _ count: Int, without key: String) -> String {
        let key = Array(key.utf8)
        var kept: [UInt8] = []
        var rest = bytes[...]
        while kept.count < count, let first = rest.first {
            // A text shorter than that is no secret, and is part of many words.
            if key.count >= 8, first == key[0], rest.starts(with: key) {
                kept += "[key]".utf8
                rest = rest.dropFirst(key.count)
            } else {
                kept.append(first)
                rest = rest.dropFirst()
            }
        }
        return String(decoding: kept, as: UTF8.self)
    }
}
