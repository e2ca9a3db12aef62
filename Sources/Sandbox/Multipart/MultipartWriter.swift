/// The bytes of a `multipart/form-data` body (RFC 7578) around the contents of its parts.
struct MultipartWriter: Sendable {
    let boundary: String

    init(boundary: String = Self.randomBoundary()) { self.boundary = boundary }

    /// A boundary that no content contains but by an absurd chance.
    static func randomBoundary() -> String {
        "----" + (0..<4).map { _ in String(UInt32.random(in: .min ... .max), radix: 36) }.joined()
    }

    /// The content type of the body.
    var contentType: String { "multipart/form-data; boundary=\(boundary)" }

    /// A whole text field.
    func field(name: String, value: String) -> [UInt8] {
        head("name=\"\(name)\"", "text/plain; charset=utf-8") + Array(value.utf8) + Self.partEnd
    }

    /// What comes in front of a file; behind it comes ``partEnd``.
    ///
    /// `filename` must be free of quotes and line breaks, as percent-encoding makes it.
    func fileHead(name: String, filename: String) -> [UInt8] {
        head("name=\"\(name)\"; filename=\"\(filename)\"", "application/octet-stream")
    }

    /// What ends a part.
    static let partEnd = Array("\r\n".utf8)

    /// What ends the body.
    var end: [UInt8] { Array("--\(boundary)--\r\n".utf8) }

    private func head(_ disposition: String, _ type: String) -> [UInt8] {
        Array(
            "--\(boundary)\r\nContent-Type: \(type)\r\nContent-Disposition: form-data; \(disposition)\r\n\r\n".utf8
        )
    }
}
