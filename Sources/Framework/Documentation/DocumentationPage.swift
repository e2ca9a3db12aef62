/// A page in a single response.
///
/// Its style, its script and the OpenAPI document are embedded, so it needs nothing from elsewhere, and can be read
/// even if the service's other routes require a key.
struct DocumentationPage: Sendable {
    let html: [UInt8]
    let style: [UInt8]
    let script: [UInt8]

    /// The page on which operations can be tried and streams watched.
    static let docs = DocumentationPage(
        html: PackageResources.docs_html,
        style: PackageResources.docs_css,
        script: PackageResources.common_js + PackageResources.docs_js
    )
    /// The page on which the API can be read.
    static let reference = DocumentationPage(
        html: PackageResources.reference_html,
        style: PackageResources.docs_css,
        script: PackageResources.common_js + PackageResources.reference_js
    )

    /// Returns the page of a service.
    ///
    /// - Parameter document: the OpenAPI document.
    func html(title: String, document: [UInt8]) -> [UInt8] {
        let parts: [(mark: String, text: String)] = [
            ("{{title}}", Self.escaped(title)),
            ("<!--style-->", "<style>\n\(Self.text(style))</style>"),
            ("<!--script-->", "<script>\n\(Self.text(script))</script>"),
            // Nothing in it can end the element.
            (
                "<!--document-->",
                #"<script type="application/json" id="document">"#
                    + Self.replacing("<", by: "\\u003c", in: Self.text(document)) + "</script>"
            ),
        ]
        return Array(parts.reduce(Self.text(html)) { Self.replacing($1.mark, by: $1.text, in: $0) }.utf8)
    }

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    private static func escaped(_ text: String) -> String {
        [("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\"", "&quot;")].reduce(text) {
            replacing($1.0, by: $1.1, in: $0)
        }
    }

    private static func replacing(_ mark: String, by text: String, in whole: String) -> String {
        whole.split(separator: mark, omittingEmptySubsequences: false).joined(separator: text)
    }
}
