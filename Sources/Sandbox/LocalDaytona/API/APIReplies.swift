import BenchmarkProtocol
import BenchmarkTransport

extension HTTPServerResponse {
    /// An answer without content.
    static func empty(_ status: Int) -> HTTPServerResponse { HTTPServerResponse(status: HTTPStatus(status)) }

    /// An answer in JSON.
    static func json(_ status: Int, _ value: JSONValue) -> HTTPServerResponse {
        HTTPServerResponse(
            status: HTTPStatus(status),
            fields: [(.contentType, "application/json; charset=utf-8")],
            // Only what is nested without end cannot be written, and answers have a handful of levels.
            body: .bytes((try? value.serialized()) ?? [])
        )
    }

    /// An answer in plain text.
    static func text(_ body: Body) -> HTTPServerResponse {
        HTTPServerResponse(status: .ok, fields: [(.contentType, "text/plain; charset=utf-8")], body: body)
    }
}
