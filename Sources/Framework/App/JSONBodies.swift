public import BenchmarkProtocol
public import BenchmarkTransport

extension HTTPServerResponse {
    /// A response with a JSON value, for a route of the service's own.
    ///
    /// ```swift
    /// app.route(.get, "/tasks/count") { _ in try .json(["count": 14]) }
    /// ```
    ///
    /// - Throws: `ProtocolError`, which becomes a 400, if the value is nested too deeply.
    public static func json(_ value: JSONValue, status: HTTPStatus = .ok) throws -> HTTPServerResponse {
        .json(status, try value.serialized(floats: .http))
    }

    /// A response with the bytes of a JSON value.
    static func json(_ status: HTTPStatus, _ bytes: [UInt8]) -> HTTPServerResponse {
        HTTPServerResponse(status: status, fields: [(.contentType, "application/json")], body: .bytes(bytes))
    }
}

extension HTTPServerRequest {
    /// Reads the body as JSON, for a route of the service's own.
    ///
    /// - Parameter maxBytes: the maximum size of the body; a longer one is a 413.
    /// - Throws: `HTTPBodyError`, or `ProtocolError`, which becomes a 400, if the body is not JSON.
    public func json(maxBytes: Int = 1 << 20) async throws -> JSONValue {
        try JSONValue(parsing: try await body.collect(maxBytes: maxBytes))
    }
}
