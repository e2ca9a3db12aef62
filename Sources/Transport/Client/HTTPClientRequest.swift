/// A request to send; the client writes `host` and the framing fields itself.
public struct HTTPClientRequest: Sendable {
    /// The method.
    public var method: HTTPMethod
    /// The URL to send the request to.
    public var url: HTTPURL
    /// The fields, without `host` and the framing fields.
    public var fields: HTTPFields
    /// The body.
    public var body: Body
    /// Replaces the configuration's `readTimeout` and `headTimeout` for this request.
    public var readTimeout: Duration?
    /// Replaces the configuration's `requestTimeout` for this request.
    public var timeout: Duration?
    /// Whether to hold the body back until the server asks for it with a 100 response or the configuration's
    /// `continueTimeout` has passed (RFC 9110 §10.1.1), so that a refusal costs no upload.
    public var expectsContinue = false
    /// Whether the closure of a streamed body may be called again, after a redirect or a lost connection.
    public var bodyIsReplayable = true

    /// The body of a request.
    public enum Body: Sendable {
        /// The given bytes; an empty array means no body.
        case bytes([UInt8])
        /// Whatever the closure writes, with a `content-length` of `length` if given, otherwise in chunks.
        ///
        /// A negative length is an error, and nothing is sent. An error that the closure throws ends the request.
        ///
        /// It is called again when the request is sent again, unless ``HTTPClientRequest/bodyIsReplayable`` forbids
        /// that. It runs on the connection's loop while the response is being read, and must not block. If the server
        /// answers with anything but 2xx before the closure has ended, or the whole response has been read by then, its
        /// writes throw `.answeredEarly` and its task is cancelled.
        case stream(length: Int?, @Sendable (HTTPRequestWriter) async throws -> Void)
    }

    /// Creates a request from its parts.
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
    /// - Throws: ``HTTPClientError`` if the announced length of the body is negative.
    func checkLength() throws(HTTPClientError) {
        if case .stream(let length?, _) = body, length < 0 {
            throw HTTPClientError(.protocolViolation, "the request body cannot have the length \(length)")
        }
    }

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

    /// Appends bytes to the body, waiting while the server is slower than the writer.
    ///
    /// - Throws: ``HTTPClientError`` if the connection is lost, or the server has answered and wants no more.
    public nonisolated(nonsending) func write(_ bytes: [UInt8]) async throws {
        try await connection.write(bytes, by: sender)
    }

    /// Sets the trailer fields (RFC 9110 §6.5) of a chunked body; a body of known length has none, and they are
    /// dropped.
    ///
    /// Framing, routing and authentication fields are left out.
    public nonisolated(nonsending) func setTrailers(_ fields: HTTPFields) async {
        await connection.setTrailers(fields, by: sender)
    }
}
