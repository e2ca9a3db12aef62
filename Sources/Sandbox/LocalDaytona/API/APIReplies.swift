import BenchmarkProtocol
import BenchmarkTransport

extension HTTPServerResponse {
    /// Returns a response without content.
    static func empty(_ status: Int) -> HTTPServerResponse { HTTPServerResponse(status: HTTPStatus(status)) }

    /// Returns a response in JSON.
    static func json(_ status: Int, _ value: JSONValue) -> HTTPServerResponse {
        HTTPServerResponse(
            status: HTTPStatus(status),
            fields: [(.contentType, "application/json; charset=utf-8")],
            // Serialization fails only for excessive nesting, and responses have a handful of levels.
            body: .bytes((try? value.serialized()) ?? [])
        )
    }

    /// Returns a response in plain text.
    static func text(_ body: Body) -> HTTPServerResponse {
        HTTPServerResponse(status: .ok, fields: [(.contentType, "text/plain; charset=utf-8")], body: body)
    }
}
