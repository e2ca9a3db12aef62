/// Writes a `multipart/form-data` body (RFC 7578) into memory.
struct MultipartWriter {
    private let boundary: String
    private var bytes: [UInt8] = []

    init(boundary: String) { self.boundary = boundary }

    /// A boundary that no content contains but by an absurd chance.
    static func randomBoundary() -> String {
        "----" + (0..<4).map { _ in String(UInt32.random(in: .min ... .max), radix: 36) }.joined()
    }

    /// Appends a text field.
    mutating func field(name: String, value: String) {
        part("name=\"\(name)\"", "text/plain; charset=utf-8", Array(value.utf8))
    }

    /// Appends a file.
    ///
    /// `filename` must be free of quotes and line breaks, as percent-encoding makes it.
    mutating func file(name: String, filename: String, _ content: [UInt8]) {
        part("name=\"\(name)\"; filename=\"\(filename)\"", "application/octet-stream", content)
    }

    private mutating func part(_ disposition: String, _ type: String, _ content: [UInt8]) {
        let head = "--\(boundary)\r\nContent-Disposition: form-data; \(disposition)\r\nContent-Type: \(type)\r\n\r\n"
        bytes += head.utf8
        bytes += content
        bytes += "\r\n".utf8
    }

    /// The whole body.
    consuming func finish() -> [UInt8] { bytes + Array("--\(boundary)--\r\n".utf8) }
}
