import BenchmarkProtocol
import BenchmarkSandbox
import BenchmarkTransport

/// An error that becomes a 500 whatever its type is.
struct UnexpectedError: Error {
    let underlying: any Error
}

/// Turns any error into its response; the only place that maps errors to statuses.
enum ErrorResponse {
    static func detail(_ status: Int, _ detail: String) -> HTTPServerResponse {
        .json(HTTPStatus(status), ErrorBody.detail(detail))
    }

    static func response(for error: any Error, _ head: HTTPRequestHead, _ log: ServiceLog) -> HTTPServerResponse {
        switch error {
        case let error as HTTPError: return detail(error.status, error.detail)
        case let error as ServiceError where error.code != .unsupported && error.code != .invalidData:
            return detail(400, error.message)
        case let error as ValidationErrors:
            do { return .json(.unprocessableContent, try error.body.serialized()) } catch {
                return detail(400, "\(error)")  // the input is nested too deeply to be repeated
            }
        case let error as ProtocolError: return detail(400, error.message)
        case let error as DecodingError: return detail(400, "\(error)")
        case let error as HTTPBodyError: return detail(error.status, error.description)
        default: return unexpected(error, head, log)
        }
    }

    /// Logs the error's text, which is not sent; the connection is closed after the response.
    private static func unexpected(
        _ error: any Error,
        _ head: HTTPRequestHead,
        _ log: ServiceLog
    ) -> HTTPServerResponse {
        let cause = (error as? UnexpectedError)?.underlying ?? error
        let fields: ServiceLog.Fields = [
            ("method", .string(head.method.rawValue)), ("path", .string(head.rawPath)),
            ("request_id", head.fields[RequestID.field].map { .string($0) } ?? .null),
        ]
        let text = "error: \(head.method.rawValue) \(head.rawPath): \(message(of: cause))"
        log.write(.error, message(of: cause), fields, text: text)
        var response = detail(500, "Internal server error")
        response.closesConnection = true
        return response
    }

    /// Returns an error's text for people: its own description, never a stack trace.
    static func message(of error: any Error) -> String { "\(error)" }
}
