import BenchmarkProtocol
import BenchmarkTransport

extension SandboxError {
    /// The error that an answer of Daytona stands for.
    ///
    /// Its text is the body's `message`, else its `error`, else the beginning of the body, else the status; bodies may
    /// be empty, or a load balancer's HTML.
    init(status: Int, body: [UInt8], url: HTTPURL) {
        let json = try? JSONValue(parsing: body)
        let text = json?["message"]?.stringValue ?? json?["error"]?.stringValue
        let raw = String(decoding: body.prefix(500), as: UTF8.self)
        let message = text ?? (raw.isEmpty ? "\(url.target) answered \(status)" : raw)
        let code: Code
        switch status {
        case 401, 403: code = .unauthorized
        case 404: code = .notFound
        // Daemons answer an unknown session on exec with a 500 that says so.
        case 500 where message.contains("session not found"): code = .notFound
        case 408, 504: code = .timedOut
        case 409, 410: code = .conflict
        case 429: code = .rateLimited
        case 502, 503: code = .unavailable
        default: code = .failed
        }
        self.init(code, message)
    }

    /// The error that a request without a whole answer stands for.
    init(_ error: HTTPClientError) {
        switch error.code {
        case .timedOut: self.init(.timedOut, error.message)
        case .protocolViolation, .bodyTooLarge: self.init(.protocolViolation, error.message)
        case .upgradeRefused:
            let code: Code = error.status == 404 ? .notFound : error.status == 401 ? .unauthorized : .unavailable
            self.init(code, error.message)
        default: self.init(.unavailable, error.message)
        }
    }
}
