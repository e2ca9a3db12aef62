import BenchmarkProtocol
import BenchmarkTransport

/// The routes that document a service: the OpenAPI document, a page to try the API, and one to read it.
struct DocumentationRoutes: Sendable {
    /// The paths, which may be public.
    static let paths = ["/openapi.json", "/docs", "/redoc"]

    let routes: [Route]

    /// - Throws: an error if the document cannot be serialized.
    init(_ document: OpenAPIDocument) throws {
        let json = try document.json.serialized()
        let docs = DocumentationPage.docs.html(title: document.title, document: json)
        let reference = DocumentationPage.reference.html(title: document.title, document: json)
        routes =
            Self.routes("/openapi.json", "application/json", json)
            + Self.routes("/docs", "text/html; charset=utf-8", docs)
            + Self.routes("/redoc", "text/html; charset=utf-8", reference)
    }

    private static func routes(_ path: String, _ type: String, _ bytes: [UInt8]) -> [Route] {
        let response = HTTPServerResponse(status: .ok, fields: [(.contentType, type)], body: .bytes(bytes))
        return [HTTPMethod.get, .head].map { Route(method: $0, path: path) { _ in response } }
    }
}
