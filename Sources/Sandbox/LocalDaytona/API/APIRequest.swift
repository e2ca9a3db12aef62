import BenchmarkProtocol
import BenchmarkTransport

/// A request to the API as its routes see it.
struct APIRequest: Sendable {
    /// The method as it was sent, such as `GET`.
    let method: String
    /// The path as it was sent, without the query.
    let path: String
    /// The decoded path after `/api/` or the sandbox's id, against which the routes of faults are matched.
    var route = ""
    /// The decoded components of the path after the prefix that selected the routes.
    var segments: ArraySlice<String>
    /// The decoded query parameters, in order.
    let query: [(name: String, value: String)]
    /// The values of the header fields that the routes use, by their lowercase names.
    let fields: [String: String]
    /// The content.
    let body: HTTPRequestBody

    /// Removes the first components of the path, which have selected the routes.
    mutating func take(prefix count: Int) {
        segments = segments.dropFirst(count)
        route = segments.joined(separator: "/")
    }

    /// Returns the first value of a query parameter.
    func queryValue(_ name: String) -> String? {
        query.first { $0.name.utf8.elementsEqual(name.utf8) }?.value
    }

    /// Returns whether a query parameter is exactly `true`.
    func isTrue(_ name: String) -> Bool { queryValue(name) == "true" }

    /// The path of the file that the request is about.
    var filePath: String {
        get throws(APIError) {
            guard let path = queryValue("path"), !path.isEmpty else { throw APIError(400, "path is required") }
            return path
        }
    }

    /// Returns the content as JSON; `nil` if there is none.
    func json() async throws -> JSONValue? {
        let bytes = try await body.collect(maxBytes: Self.maxJSONBytes)
        if bytes.isEmpty { return nil }
        do { return try JSONValue(parsing: bytes) } catch {
            throw APIError(400, "invalid request body: \(error)", code: "INVALID_REQUEST_BODY")
        }
    }

    /// Returns the content as a JSON object, which is empty if there is none.
    func jsonObject() async throws -> JSONObject {
        guard let value = try await json() else { return JSONObject() }
        guard case .object(let object) = value else {
            throw APIError(400, "invalid request body: not an object", code: "INVALID_REQUEST_BODY")
        }
        return object
    }

    /// The maximum size of JSON content: commands can be long, but files are not sent as JSON.
    private static let maxJSONBytes = 64 * 1024 * 1024

    /// Returns the components of a path as it was sent, percent-decoded one by one; empty ones are ignored.
    static func segments(_ path: String) -> [String] {
        path.utf8.split(separator: UInt8(ascii: "/")).map { segment in
            var bytes = [UInt8]()
            var rest = segment
            while let byte = rest.popFirst() {
                let digits = rest.prefix(2).compactMap { Character(UnicodeScalar($0)).hexDigitValue }
                if byte == UInt8(ascii: "%"), digits.count == 2 {
                    bytes.append(UInt8(digits[0] << 4 | digits[1]))
                    rest = rest.dropFirst(2)
                } else {
                    bytes.append(byte)
                }
            }
            return String(decoding: bytes, as: UTF8.self)
        }
    }
}
