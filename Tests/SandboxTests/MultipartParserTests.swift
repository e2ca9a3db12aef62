import BenchmarkSandbox
import Testing

@Suite("Multipart bodies, RFC 2046 §5.1")
struct MultipartParserTests {
    /// Returns the parts as (name, content), read in pieces of `pieceCount` bytes; `nil` for a body that is refused.
    static func read(_ body: [UInt8], boundary: String = "B", pieceCount: Int) -> [(String?, [UInt8])]? {
        var parser = MultipartParser(boundary: boundary)
        var parts = [(String?, [UInt8])]()
        var isComplete = false
        for start in stride(from: 0, to: body.count, by: pieceCount) {
            parser.receive(body[start..<min(body.count, start + pieceCount)])
            while let event = parser.next() {
                switch event {
                case .part(let fields): parts.append((fields.name, []))
                case .body(let bytes): parts[parts.count - 1].1 += bytes
                case .partEnd: break
                case .end: isComplete = true
                case .failed: return nil
                }
            }
        }
        return parser.receiveEnd() == nil && isComplete ? parts : nil
    }

    static let part = "Content-Disposition: form-data; name=\"files[0].path\"\r\n\r\n"

    @Test(
        "parts are complete wherever the body is split",
        arguments: 1...64,
        [
            "--B\r\n\(part)/tmp/ž a\r\n--B\r\nX: y\r\n\r\nDATA\r\n--B--\r\n",
            "preamble\r\n--B \t\r\n\(part)/tmp/ž a\r\n--B\r\nX: y\r\n\r\nDATA\r\n--B--epilogue",
        ]
    )
    func cuts(_ pieceCount: Int, _ body: String) throws {
        let parts = try #require(Self.read(Array(body.utf8), pieceCount: pieceCount))
        #expect(parts.map(\.0) == ["files[0].path", nil])
        #expect(parts.map(\.1) == [Array("/tmp/ž a".utf8), Array("DATA".utf8)])
    }

    @Test(
        "content that looks like a delimiter stays content",
        arguments: [
            "\r\n--Bx", "\r\n--B-x", "\r\r\n--", "--B--", "\r\n", "", "\r\n--B \rx", "\r\n-", "\n--B\r\n",
            "\r\n--\r\n--A",
        ]
    )
    func lookalikes(_ content: String) throws {
        for pieceCount in [1, 2, 3, 1000] {
            let body = Array("--B\r\n\r\n\(content)\r\n--B--".utf8)
            let parts = try #require(Self.read(body, pieceCount: pieceCount))
            #expect(parts.map(\.1) == [Array(content.utf8)])
        }
    }

    @Test(
        "an invalid multipart body is refused",
        arguments: [
            "", "--B", "--B\r\n", "--B\r\n\r\nDATA", "--B\r\n\r\nDATA\r\n--B", "--C\r\n\r\nx\r\n--C--",
            "--B\r\nnocolon\r\n\r\nx\r\n--B--",
            "--B\r\nX: \(String(repeating: "y", count: 20_000))\r\n\r\nx\r\n--B--",
        ]
    )
    func refuses(_ body: String) {
        for pieceCount in [1, 5, 100_000] { #expect(Self.read(Array(body.utf8), pieceCount: pieceCount) == nil) }
    }

    @Test(
        "the parameters of a field value are parsed",
        arguments: [
            (#"form-data; name="a;b\"c"; filename=x"#, ["a;b\"c", "x"]), ("Form-Data;NAME = y ; filename=", ["y", ""]),
        ]
    )
    func parameters(_ text: String, _ wanted: [String]) {
        let value = HeaderParameters(text)
        #expect(value.value == "form-data")
        #expect([value["name"], value["filename"]] == wanted)
    }
}
