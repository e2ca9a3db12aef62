/// The bytes of a `multipart/form-data` body (RFC 7578) around the contents of its parts.
struct MultipartWriter: Sendable {
    let boundary: String

    init(boundary: String = Self.randomBoundary()) { self.boundary = boundary }

    /// Returns a random boundary, which is practically certain not to occur in any content.
    static func randomBoundary() -> String {
        "----" + (0..<4).map { _ in String(UInt32.random(in: .min ... .max), radix: 36) }.joined()
    }

    /// The content type of the body.
    var contentType: String { "multipart/form-data; boundary=\(boundary)" }

    /// Returns a whole text field.
    func field(name: String, value: String) -> [UInt8] {
        head("name=\"\(name)\"", "text/plain; charset=utf-8") + Array(value.utf8) + Self.partEnd
    }

    /// Returns the bytes that precede a file; ``partEnd`` follows it.
    ///
    /// `filename` must be free of quotes and line breaks, as percent-encoding ensures.
    func fileHead(name: String, filename: String) -> [UInt8] {
        head("name=\"\(name)\"; filename=\"\(filename)\"", "application/octet-stream")
    }

    /// The bytes that end a part.
    static let partEnd = Array("\r\n".utf8)

    /// The bytes that end the body.
    var end: [UInt8] { Array("--\(boundary)--\r\n".utf8) }

    private func head(_ disposition: String, _ type: String) -> [UInt8] {
        Array(
            "--\(boundary)\r\nContent-Type: \(type)\r\nContent-Disposition: form-data; \(disposition)\r\n\r\n".utf8
        )
    }
}
