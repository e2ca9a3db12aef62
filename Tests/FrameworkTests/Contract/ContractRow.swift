import BenchmarkFramework
import TestSupport
import Testing

/// A row of a table of the service contract: a request and its expected answer.
struct ContractRow: Sendable, CustomTestStringConvertible {
    var method: HTTPMethod = .get
    var target: String
    var fields: [(HTTPField.Name, String)] = []
    var body: [UInt8]?
    var status = 200
    /// The complete body of the answer; `nil` if only the status matters.
    var answer: String?

    var testDescription: String {
        let text = body.map { " " + String(decoding: $0.prefix(60), as: UTF8.self) } ?? ""
        return "\(method) \(target.prefix(80))\(text)"
    }

    /// A GET.
    init(_ target: String, _ status: Int = 200, _ answer: String? = nil) {
        (self.target, self.status, self.answer) = (target, status, answer)
    }

    /// Any method.
    init(_ method: HTTPMethod, _ target: String, _ status: Int, _ answer: String? = nil) {
        self.init(target, status, answer)
        self.method = method
    }

    /// A POST of a body.
    init(
        post target: String,
        _ body: some Sequence<UInt8>,
        type: String? = "application/json",
        _ status: Int,
        _ answer: String?
    ) {
        self.init(.post, target, status, answer)
        self.body = Array(body)
        if let type { fields = [(.contentType, type)] }
    }

    /// Sends the request and compares the answer.
    @discardableResult
    func check(at url: String) async throws -> HTTPClientResult {
        var request = HTTPClientRequest(method, try HTTPURL(url + target), fields: HTTPFields(fields))
        if let body { request.body = .bytes(body) }
        let result = try await directClient().send(request)
        #expect(result.status == status)
        if let answer {
            #expect(result.text == answer)
            if !answer.isEmpty { #expect(result.head.fields[.contentType] == "application/json") }
        }
        return result
    }

    /// `{"detail":…}`.
    static func detail(_ text: String) -> String {
        #"{"detail":\#(String(decoding: (try? JSONValue.string(text).serialized()) ?? [], as: UTF8.self))}"#
    }

    /// The body of a 422 with one validation error.
    static func mistake(_ type: String, _ place: String, _ message: String, _ input: String, context: String? = nil)
        -> String
    {
        let tail = context.map { #","ctx":{"error":"\#($0)"}"# } ?? ""
        return #"{"detail":[{"type":"\#(type)","loc":\#(place),"msg":"\#(message)","input":\#(input)\#(tail)}]}"#
    }
}
