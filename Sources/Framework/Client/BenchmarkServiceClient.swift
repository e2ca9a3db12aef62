public import BenchmarkProtocol
public import BenchmarkSandbox
public import BenchmarkTransport

/// A client that calls a benchmark service as a runner does.
///
/// Redirects are followed. A request whose transport fails is retried, for up to five attempts with a random pause of 1
/// to 10 seconds between them. That includes POST requests, so an evaluation may run twice. A response is never
/// retried: any status but 200 throws, and so does an answer that is too long. Streams are not retried.
public struct BenchmarkServiceClient: Sendable {
    /// The settings of a client; the defaults are those of the original client.
    public struct Configuration: Sendable {
        /// The fields to add to every request and handshake, such as `authorization`.
        public var headers = HTTPFields()
        /// The proxies to use; by default those of the environment.
        public var proxy = ProxySettings.fromEnvironment()
        /// The time-out of each phase: connecting, and every wait for bytes.
        public var timeout: Duration = .seconds(60)
        /// The time limit of a health check as a whole.
        public var healthTimeout: Duration = .seconds(2)
        /// The maximum number of attempts at a request whose transport fails.
        public var maxAttempts = 5
        /// The pause between two attempts.
        public var retryPause: ClosedRange<Duration> = .seconds(1) ... .seconds(10)
        /// The maximum size of a chunk; a larger one ends the stream with close code 1009.
        public var maxChunkBytes = 10 << 20
        /// Whether an error chunk ends its stream with ``ServiceCallError``, as for the hosted runner.
        public var errorChunksAreFatal = false

        /// The defaults.
        public init() {}
    }

    /// The address of the service.
    public let url: HTTPURL
    /// The settings of this client.
    public let configuration: Configuration
    /// The credentials for the sandboxes of streams.
    public let sandboxCredentials: DaytonaCredentials?
    private let http: HTTPClient

    /// A client for the service at an address.
    ///
    /// - Parameters:
    ///   - url: `http://host:port`, with a path if the service is mounted below one.
    ///   - sandboxes: the credentials for the sandboxes of streams, sent as the three `x-…` headers with every request.
    ///   - configuration: the settings of the client.
    /// - Throws: `HTTPClientError` with code `.invalidURL`.
    public init(
        url: String,
        sandboxes: DaytonaCredentials? = nil,
        configuration: Configuration = Configuration()
    ) throws {
        self.url = try HTTPURL(url)
        self.configuration = configuration
        sandboxCredentials = sandboxes
        var http = HTTPClientConfiguration()
        http.proxy = configuration.proxy
        http.connectTimeout = configuration.timeout
        http.readTimeout = configuration.timeout
        http.maxRedirects = 20
        http.maxIdleConnections = 200
        http.credentialFields = ["x-api-key", "x-descope-api-key"].compactMap { HTTPField.Name($0) }
        self.http = HTTPClient(configuration: http)
    }

    // MARK: Requests

    /// Returns whether the service answers `GET /health` with 200, within the health time-out and on the first attempt.
    public func health() async -> Bool {
        var request = HTTPClientRequest(
            .get,
            url.appending("/health"),
            fields: fields,
            readTimeout: configuration.healthTimeout
        )
        request.timeout = configuration.healthTimeout
        return (try? await http.send(request))?.status == 200
    }

    /// Returns the ids that a filter selects: `GET /verify-task-ids`.
    public func verifyTaskIDs(_ filter: TaskFilter = TaskFilter()) async throws -> [String] {
        var query = filter.taskIDs.map { ("task_ids", $0) }
        if let slice = filter.slice { query.append(("slice", slice)) }
        if let dataset = filter.dataset { query.append(("dataset", dataset)) }
        return try await get("/verify-task-ids", query) { try VerifyTaskIDsResponse(json: $0) }.taskIDs
    }

    /// Returns what a task needs: `GET /retrieve-task/`.
    public func retrieveTask(
        _ taskID: String,
        skipValidation: Bool = false,
        dataset: String? = nil
    ) async throws -> RetrieveTaskResponse {
        var query = [("task_id", taskID), ("skip_validation", skipValidation ? "true" : "false")]
        if let dataset { query.append(("dataset", dataset)) }
        return try await get("/retrieve-task/", query) { try RetrieveTaskResponse(json: $0) }
    }

    /// Grades a response given as text: `POST /evaluate-response/`.
    public func evaluateResponse(_ request: EvaluateResponseRequest) async throws -> JSONValue {
        try await post("/evaluate-response/", request.json) { $0 }
    }

    /// Computes the score of a run: `POST /final-score/`.
    public func finalScore(_ request: FinalScoreRequest) async throws -> FinalScoreResponse {
        try await post("/final-score/", request.json) { try FinalScoreResponse(json: $0) }
    }

    // MARK: Streams

    /// Sets a task up in a sandbox: `/ws/setup-task`.
    ///
    /// The stream is pull-based: the first demand opens the connection, and nothing is read ahead beyond the
    /// connection's own bounded buffer. Leaving the stream early, or cancelling, closes the connection, and the service
    /// stops.
    /// - Throws (while iterating): ``ServiceCallError``, or `HTTPClientError` if no connection could be made.
    public func setupTask(
        _ taskID: String,
        instanceID: String,
        dataset: String? = nil
    ) -> AsyncThrowingStream<StreamChunk, any Error> {
        stream("/ws/setup-task", StreamRequest(taskID: taskID, instanceID: instanceID, dataset: dataset))
    }

    /// Grades the outcome in a sandbox: `/ws/evaluate-instance`.
    ///
    /// The stream behaves like that of ``setupTask(_:instanceID:dataset:)``.
    public func evaluateInstance(
        _ taskID: String,
        instanceID: String,
        dataset: String? = nil
    ) -> AsyncThrowingStream<StreamChunk, any Error> {
        stream("/ws/evaluate-instance", StreamRequest(taskID: taskID, instanceID: instanceID, dataset: dataset))
    }

    private func stream(_ path: String, _ request: StreamRequest) -> AsyncThrowingStream<StreamChunk, any Error> {
        var webSocket = WebSocketConfiguration()
        webSocket.maxMessageBytes = configuration.maxChunkBytes
        webSocket.pongTimeout = .seconds(86_400)  // a busy service may take long to answer a Ping
        let cursor = ChunkCursor(
            StreamCall(url.appending(path), fields, webSocket, request, http),
            errorsAreFatal: configuration.errorChunksAreFatal
        )
        return AsyncThrowingStream(unfolding: { try await cursor.next() })
    }

    // MARK: Sending

    private var fields: HTTPFields {
        var fields = sandboxCredentials?.headers ?? HTTPFields()
        for field in configuration.headers { fields.set(field.name, field.value) }
        return fields
    }

    private func get<Answer>(
        _ path: String,
        _ query: [(String, String)],
        _ read: (JSONValue) throws -> Answer
    ) async throws -> Answer {
        let text = query.map { "\($0)=\(HTTPURL.escape($1))" }.joined(separator: "&")
        let target = url.appending(text.isEmpty ? path : "\(path)?\(text)")
        return try await send(HTTPClientRequest(.get, target, fields: fields), read)
    }

    private func post<Answer>(
        _ path: String,
        _ body: JSONValue,
        _ read: (JSONValue) throws -> Answer
    ) async throws -> Answer {
        var request = HTTPClientRequest(.post, url.appending(path), fields: fields)
        request.fields.set(.contentType, "application/json")
        request.body = .bytes(try body.serialized())
        return try await send(request, read)
    }

    /// The failures after which a request is sent again: the same ones as in the original client.
    private static let transportFailures: Set<HTTPClientError.Code> = [
        .cannotConnect, .timedOut, .connectionLost, .protocolViolation, .proxyRefused,
    ]

    private func send<Answer>(
        _ request: HTTPClientRequest,
        _ read: (JSONValue) throws -> Answer
    ) async throws -> Answer {
        var attempt = 1
        while true {
            do {
                let result = try await http.send(request)
                guard result.status == 200 else {
                    throw ServiceCallError(
                        .badStatus,
                        "\(request.url) answered \(result.status): \(result.text)",
                        status: result.status
                    )
                }
                do { return try read(try JSONValue(parsing: result.body)) } catch {
                    throw ServiceCallError(.invalidAnswer, "\(request.url) answered what cannot be read: \(error)")
                }
            } catch let error as HTTPClientError where Self.transportFailures.contains(error.code) {
                if attempt >= configuration.maxAttempts { throw error }
                attempt += 1
                let range = configuration.retryPause
                let pause = Int64.random(in: range.lowerBound.nanoseconds...range.upperBound.nanoseconds)
                try await EventLoopGroup.shared.next().sleep(for: .nanoseconds(pause))
            }
        }
    }
}

/// A call that reached the service but failed.
public struct ServiceCallError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kind of failure.
    ///
    /// More codes may be added.
    public struct Code: Sendable, Hashable {
        let rawValue: String

        /// The answer's status was not 200.
        public static let badStatus = Code(rawValue: "badStatus")
        /// The answer is not what the service contract requires.
        public static let invalidAnswer = Code(rawValue: "invalidAnswer")
        /// The service closed a stream with a code other than 1000, or the connection was lost.
        ///
        /// A Close without a code (1005) is a normal end, like 1000.
        public static let streamBroken = Code(rawValue: "streamBroken")
        /// A message of a stream is not a chunk.
        public static let invalidChunk = Code(rawValue: "invalidChunk")
        /// The service sent an error chunk, and those are fatal.
        public static let errorChunk = Code(rawValue: "errorChunk")
        /// A stream ended without a result.
        public static let noResult = Code(rawValue: "noResult")
    }

    /// The kind of failure.
    public let code: Code
    /// What happened, including the service's own words.
    public let message: String
    /// The HTTP status, if there was one.
    public let status: Int?

    package init(_ code: Code, _ message: String, status: Int? = nil) {
        (self.code, self.message, self.status) = (code, message, status)
    }

    /// The message.
    public var description: String { message }
}
