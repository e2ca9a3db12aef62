import BenchmarkTransport

/// The id that tells a request from all others, in the log, in the response, and for its sender.
enum RequestID {
    /// The field of requests and responses.
    static let field = "x-request-id"
    /// The maximum length of an id that a caller sends.
    static let maxBytes = 128

    /// Returns the caller's id if it is valid, else a new one.
    ///
    /// A caller's id is visible ASCII, so that it never has to be escaped.
    static func of(_ fields: HTTPFields) -> String {
        if let given = fields[field], (1...maxBytes).contains(given.utf8.count),
            given.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        {
            return given
        }
        var generator = SystemRandomNumberGenerator()
        return [generator.next(), generator.next()]
            .map { number in String(repeating: "0", count: number.leadingZeroBitCount / 4) + String(number, radix: 16) }
            .joined().prefix(32).description
    }
}
