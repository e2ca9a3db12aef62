import BenchmarkTransport

/// What tells one request from all others, in the log, in the response, and with those who sent it.
enum RequestID {
    /// The field of requests and responses.
    static let field = "x-request-id"
    /// A caller's own is not longer.
    static let maxBytes = 128

    /// The caller's, if it is one, else a new one.
    ///
    /// A caller's is visible ASCII: nothing that would have to be escaped somewhere.
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
