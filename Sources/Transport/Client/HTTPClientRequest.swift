/// A request to be sent: `host`, the framing fields and `connection` are written by the client.
public struct HTTPClientRequest: Sendable {
    /// The method.
    public var method: HTTPMethod
    /// Where to.
    public var url: HTTPURL
    /// The fields, without those of the framing.
    public var fields: HTTPFields
    /// What follows them.
    public var body: Body
    /// Replaces the configuration's limit between reads for this request; `.forever` takes it away.
    public var readTimeout: Duration?
    /// Replaces the configuration's limit of the whole request.
    public var timeout: Duration?
    /// Whether the body is held back until the server has asked for it with 100, or has been silent for the
    /// configuration's `continueTimeout` (RFC 9110 §10.1.1); a refusal then costs no upload.
    public var expectsContinue = false
    /// Whether the closure of a streamed body may be called again, after a redirect or a lost connection.
    public var bodyIsReplayable = true

    /// What follows the head of a request.
    public enum Body: Sendable {
        /// These bytes; none is no body.
        case bytes([UInt8])
        /// Whatever the closure writes, with `length` announced if given, else in chunks.
        ///
        /// It is called again when the request is sent again, unless ``HTTPClientRequest/bodyIsReplayable`` says that it
        /// cannot be. It runs on the connection's loop, beside the reading of the response, and must not block. When the
        /// server answers before its end with anything but 2xx, its writes throw `.answeredEarly` and its task is
        /// cancelled; so they do when the response is over.
        case stream(length: Int?, @Sendable (HTTPRequestWriter) async throws -> Void)
    }

    /// A request of the given parts.
    public init(
        _ method: HTTPMethod,
        _ url: HTTPURL,
        fields: HTTPFields = HTTPFields(),
        body: Body = .bytes([]),
        readTimeout: Duration? = nil
    ) {
        (self.method, self.url, self.fields, self.body) = (method, url, fields, body)
        self.readTimeout = readTimeout
    }
}

extension HTTPClientRequest {
    /// Whether the body can be sent a second time.
    var canReplayBody: Bool { if case .stream = body { bodyIsReplayable } else { true } }

    /// How the body is delimited.
    var framing: HTTPBodyFraming {
        switch body {
        case .bytes(let bytes): bytes.isEmpty && !method.usuallyHasBody ? .none : .fixed(bytes.count)
        case .stream(let length?, _): .fixed(length)
        case .stream(nil, _): .chunked
        }
    }
}

/// Writes the body of a streamed request.
public struct HTTPRequestWriter: Sendable {
    let connection: HTTPClientConnection
    let sender: HTTPRequestSender

    /// Appends bytes; waits while the server is slower than the writer.
    ///
    /// - Throws: ``HTTPClientError`` when the connection is gone, or the server has answered and wants no more.
    public nonisolated(nonsending) func write(_ bytes: [UInt8]) async throws {
        try await connection.write(bytes, by: sender)
    }

    /// The fields that follow the body (RFC 9110 §6.5), if it goes out in chunks; without chunks there is no place for
    /// them, and they are dropped.
    ///
    /// Fields of framing, routing and authentication are left out.
    public nonisolated(nonsending) func setTrailers(_ fields: HTTPFields) async {
        await connection.setTrailers(fields, by: sender)
    }
}
